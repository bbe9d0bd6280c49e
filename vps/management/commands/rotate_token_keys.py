from typing import Any

from django.core.management.base import BaseCommand, CommandError

from vps.services.rotation import rotate_all


class Command(BaseCommand):
    help = "Seals every stored token anew with the first of TOKEN_KEYS. May be stopped and run again at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        done = rotate_all()
        self.stdout.write(f"{done.rotated} sealed anew, {done.current} were already.")
        if done.broken:
            names = ", ".join(f"{token_id}: {why}" for token_id, why in done.broken)
            raise CommandError(f"{len(done.broken)} could not be opened and were left as they are. {names}")

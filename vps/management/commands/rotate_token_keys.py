from typing import Any

from django.core.management.base import BaseCommand, CommandError

from vps.services.rotation import rotate_all


class Command(BaseCommand):
    help = "Seals what is stored in secret anew with the first of TOKEN_KEYS. May be stopped and run again."

    def handle(self, *args: Any, **options: Any) -> None:
        done = rotate_all()
        self.stdout.write(f"{done.rotated} sealed anew, {done.current} were already.")
        if done.broken:
            names = ", ".join(f"{name}: {why}" for name, why in done.broken)
            raise CommandError(f"{len(done.broken)} could not be opened and were left as they are. {names}")

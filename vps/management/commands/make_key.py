from typing import Any

from django.core.management.base import BaseCommand

from vps.services.rotation import make_key


class Command(BaseCommand):
    help = "Prints a new key for TOKEN_KEYS."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(make_key())

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from vps.services.people import SHELL, enable_person, find_person


class Command(BaseCommand):
    help = "Enables a person again; what they shared with teams does not come back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="by which they signed in")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        try:
            enable_person(SHELL, find_person(SHELL, name).pk)
        except User.DoesNotExist as unknown:
            raise CommandError("Nobody has that name.") from unknown
        self.stdout.write("Enabled.")

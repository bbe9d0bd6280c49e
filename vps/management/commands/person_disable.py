from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from vps.services.people import SHELL, disable_person, find_person, teams_that_need


class Command(BaseCommand):
    help = "Disables a person: out at once, everywhere; their tokens rest, and their shares are withdrawn for good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="by which they sign in")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        try:
            person = find_person(SHELL, name)
            teams = teams_that_need(SHELL, person.pk)
            disable_person(SHELL, person.pk)
        except User.DoesNotExist as unknown:
            raise CommandError("Nobody has that name.") from unknown
        except PermissionDenied as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write("Disabled.")
        if teams:
            self.stdout.write(f"Without an active admin now: {', '.join(teams)}.")

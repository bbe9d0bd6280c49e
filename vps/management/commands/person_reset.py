from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from vps.services.people import SHELL, find_person, reset_person


class Command(BaseCommand):
    help = "For who is locked out: prints a link to choose a new password, once. Their sessions and password end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="by which they sign in")
        parser.add_argument("--forget-factors", action="store_true", help="their second factor is lost too")

    def handle(self, *args: Any, name: str, forget_factors: bool, **options: Any) -> None:
        try:
            link = reset_person(SHELL, find_person(SHELL, name).pk, forget_factors=forget_factors)
        except User.DoesNotExist as unknown:
            raise CommandError("Nobody has that name.") from unknown
        except PermissionDenied as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(link.reveal())

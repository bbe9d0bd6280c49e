from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from vps.forms import PersonForm
from vps.services.people import SHELL, NameTaken, create_person, give_admin


class Command(BaseCommand):
    help = "Creates a person and prints the link by which they choose a password, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="to sign in with")
        parser.add_argument("--email", default="", help="to sign in with too")
        parser.add_argument("--admin", action="store_true", help="an admin of the installation")

    def handle(self, *args: Any, name: str, email: str, admin: bool, **options: Any) -> None:
        form = PersonForm({"name": name, "email": email})
        if not form.is_valid():
            raise CommandError(" ".join(f"{error}" for errors in form.errors.values() for error in errors))
        try:
            person, link = create_person(SHELL, **form.cleaned_data)
        except NameTaken as taken:
            raise CommandError("Somebody signs in by that already.") from taken
        if admin:
            give_admin(SHELL, person.pk)
        self.stdout.write(link.reveal())

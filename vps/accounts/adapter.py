from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):
    """Nobody registers here: people are created by the installation's admin."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

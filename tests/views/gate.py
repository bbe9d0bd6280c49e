"""What holds at every one of our addresses."""

from django.test import Client


def sent_to_sign_in(client: Client, address: str, method: str = "get") -> bool:
    answer = getattr(client, method)(address)
    return bool(answer.status_code == 302 and answer["Location"] == f"/accounts/login/?next={address}")


def refused_methods(client: Client, address: str, *methods: str) -> bool:
    return all(getattr(client, method)(address).status_code == 405 for method in methods)

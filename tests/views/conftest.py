"""What the views' tests share: rows and a provider as the services' tests have them, and clients of three people."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.services.conftest import add_token, ben, simulator

__all__ = ["add_token", "ben", "simulator"]


@pytest.fixture
def anonymous() -> Client:
    return Client()


@pytest.fixture
def stranger(ben: User) -> Client:
    """Ben is signed in, and nothing of Anna's is shared with him."""
    client = Client()
    client.force_login(ben)
    return client

"""The one place that opens a token: a client for a grant, with a session of this thread's own."""

import threading

import pytest
import requests
from django.contrib.auth.models import User

from tests.rows import give_token
from vps.access import status_grant
from vps.crypto import SealBroken
from vps.models import Token
from vps.provider.client import new_session
from vps.services import calls
from vps.services.calls import client_for

pytestmark = pytest.mark.django_db
SECRET = "key_that-nobody-may-see"


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna, secret=SECRET)


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> list[requests.Session]:
    """Those that are made from now on; this thread has none yet."""
    made: list[requests.Session] = []

    def make() -> requests.Session:
        made.append(new_session())
        return made[-1]

    monkeypatch.setattr(calls, "_thread", threading.local())
    monkeypatch.setattr(calls, "new_session", make)
    return made


def test_a_thread_keeps_one_session_for_all_its_calls(token: Token, sessions: list[requests.Session]) -> None:
    for product in ("vm-1", "vm-2", "vm-3"):
        client_for(status_grant(token, "prj-1", product))
    assert len(sessions) == 1


def test_two_threads_share_no_session(token: Token, sessions: list[requests.Session]) -> None:
    grant = status_grant(token, "prj-1", "vm-1")
    threads = [threading.Thread(target=client_for, args=(grant,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(session) for session in sessions}) == len(sessions) == 2


def test_the_token_shows_in_neither_grant_nor_client_nor_session(
    token: Token, sessions: list[requests.Session]
) -> None:
    grant = status_grant(token, "prj-1", "vm-1")
    client = client_for(grant)
    shown = [repr(grant), str(grant), repr(client), repr(vars(client)), repr(sessions[0].headers)]
    assert not [text for text in shown if SECRET in text]


def test_a_seal_that_belongs_to_another_row_does_not_open(token: Token, anna: User) -> None:
    other = give_token(anna)
    other.sealed = token.sealed
    with pytest.raises(SealBroken):
        client_for(status_grant(other, "prj-1", "vm-1"))

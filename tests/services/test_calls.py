"""The one place that opens a token: a client for a grant, with a session of this thread's own."""

import contextlib
import threading

import pytest
import requests
from django.contrib.auth.models import User

from tests.rows import give_machine, give_token
from vps.access import (
    ActGrant,
    Grant,
    Operation,
    ReadGrant,
    get_acting,
    listing_grant,
    machine_readers,
    status_grant,
)
from vps.crypto import SealBroken
from vps.models import Token
from vps.provider.client import new_session
from vps.services import calls
from vps.services.calls import client_for, reader_for

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
        reader_for(status_grant(token, "prj-1", product))
    assert len(sessions) == 1


def test_two_threads_share_no_session(token: Token, sessions: list[requests.Session]) -> None:
    grant = status_grant(token, "prj-1", "vm-1")
    threads = [threading.Thread(target=reader_for, args=(grant,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(session) for session in sessions}) == len(sessions) == 2


def test_the_token_shows_in_neither_grant_nor_client_nor_session(
    token: Token, sessions: list[requests.Session]
) -> None:
    grant = status_grant(token, "prj-1", "vm-1")
    client = reader_for(grant)
    shown = [repr(grant), str(grant), repr(client), repr(vars(client)), repr(sessions[0].headers)]
    assert not [text for text in shown if SECRET in text]


def test_a_seal_that_belongs_to_another_row_does_not_open(token: Token, anna: User) -> None:
    other = give_token(anna)
    other.sealed = token.sealed
    with pytest.raises(SealBroken):
        reader_for(status_grant(other, "prj-1", "vm-1"))


def test_the_collectors_right_builds_no_call_that_acts(token: Token) -> None:
    give_machine(token)
    rights: list[Grant] = [status_grant(token, "prj-1", "vm-1"), listing_grant(token, "prj-1")]
    rights += [reader.grant for reader in machine_readers()]
    for grant in rights:
        with pytest.raises(TypeError, match="ActGrant alone"):
            client_for(grant)  # type: ignore[arg-type]  # which is half of the proof
        assert isinstance(grant, ReadGrant)
        client = reader_for(grant)
        assert {name for name in dir(client) if not name.startswith("_")} == {
            "close",
            "listing",
            "rate",
            "status",
        }


def test_a_persons_right_to_act_reads_for_no_collector(token: Token, anna: User) -> None:
    machine = give_machine(token)
    acting = get_acting(anna, machine.project, machine.product, Operation.POWER)
    with pytest.raises(TypeError, match="ReadGrant alone"):
        reader_for(acting.grant)  # type: ignore[arg-type]


@pytest.mark.parametrize("operation", Operation)
def test_each_call_is_either_read_or_acted(token: Token, operation: Operation) -> None:
    made = 0
    for kind in (Grant, ReadGrant, ActGrant):
        with contextlib.suppress(TypeError):
            kind(operation, "prj-1", "vm-1", token.pk, b"sealed", token.bound_to)
            made += 1
    assert made == 1

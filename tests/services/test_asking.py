"""One call of the collector: whatever happens is an answer."""

import logging
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from tests.provider.fault_server import FAULTS, FaultServer
from tests.rows import give_token
from vps.access import ReadGrant, listing_grant, status_grant
from vps.models import Token
from vps.provider.errors import BadReply, RateLimited, TokenRefused
from vps.provider.replies import Listing, Status
from vps.services.asking import ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


@pytest.fixture
def grant(token: Token) -> ReadGrant:
    return status_grant(token, "prj-1", "vm-1")


def test_a_status_and_a_listing_are_asked_for_with_the_grants_token(token: Token, settings: Settings) -> None:
    before = timezone.now()
    with FaultServer() as server:
        settings.VPS_API_URL = server.url
        status = ask(status_grant(token, "prj-1", "vm-1"))
        listing = ask(listing_grant(token, "prj-1"))
    assert isinstance(status.reply, Status)
    assert isinstance(listing.reply, Listing)
    assert status.error is listing.error is None
    assert before < status.at <= listing.at <= timezone.now()
    paths = [request.split(b" ")[1] for request in server.received]
    assert paths == [
        b"/base/v1/projects/prj-1/products/vm-1/vps/status",
        b"/base/v1/projects/prj-1/products?detailed=true",
    ]


def test_the_headers_of_a_refusal_are_told_too(grant: ReadGrant, settings: Settings) -> None:
    limited = next(fault for fault in FAULTS if fault.name == "429 until the past")
    with FaultServer(limited) as server:
        settings.VPS_API_URL = server.url
        answer = ask(grant)
    assert isinstance(answer.error, RateLimited)
    assert (answer.rate.limit, answer.rate.remaining, answer.rate.reset_after) == (60, 0, 0.0)


@pytest.mark.parametrize(
    "broken", [{"sealed": b""}, {"sealed": b"\x01" + bytes(60)}, {"bound_to": "token/another/1"}], ids=str
)
def test_a_seal_that_does_not_open_is_a_refused_token_and_nothing_is_sent(
    grant: ReadGrant, settings: Settings, broken: dict[str, object]
) -> None:
    with FaultServer() as server:
        settings.VPS_API_URL = server.url
        answer = ask(replace(grant, **broken))  # type: ignore[arg-type]
    assert isinstance(answer.error, TokenRefused)
    assert answer.error.reason == "seal"
    assert answer.error.said
    assert server.connections == 0


@pytest.mark.parametrize("address", ["ftp://nowhere", "http://", "nonsense"])
def test_what_nobody_thought_of_is_an_answer_as_well(
    grant: ReadGrant, settings: Settings, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings.VPS_API_URL = address
    with caplog.at_level(logging.ERROR):
        answer = ask(grant)
    assert isinstance(answer.error, BadReply)
    assert answer.error.reason == "internal"
    assert "prj-1/vm-1" in caplog.text


def test_an_id_that_is_none_is_never_sent(token: Token, settings: Settings) -> None:
    with FaultServer() as server:
        settings.VPS_API_URL = server.url
        answer = ask(status_grant(token, "prj-1", "../vm"))
    assert isinstance(answer.error, BadReply)
    assert server.connections == 0

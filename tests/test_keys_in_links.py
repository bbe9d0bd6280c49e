"""The keys of sign-in, invitation and wall links are in no line of the log and in no error report."""

import logging
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.core.handlers.base import BaseHandler
from django.test import Client

from tests.everything_said import everything_said
from tests.secret_search import find_secrets
from vps.http import mask_keys
from vps.services.link_keys import hash_of, new_key

LINKS = ["/accounts/link/{}/", "/teams/join/{}/", "/wall/{}/"]


def test_a_key_is_long_new_each_time_and_printed_by_nothing() -> None:
    (key, hashed), (other, _) = new_key(), new_key()
    assert len(key.reveal()) == 43
    assert key != other
    assert hash_of(key.reveal()) == hashed
    assert key.reveal() not in f"{key} {key!r} {hashed}"


@pytest.mark.parametrize(
    ("path", "masked"),
    [
        ("/accounts/link/abc-_1/", "/accounts/link/***/"),
        ("/accounts/link/abc", "/accounts/link/***"),
        ("/accounts/link/", "/accounts/link/"),
        ("https://panel.example/teams/join/abc/?x=1", "https://panel.example/teams/join/***/?x=1"),
        ("/wall/abc/ and /wall/live/ and /wall/", "/wall/***/ and /wall/live/ and /wall/"),
        ("/teams/", "/teams/"),
    ],
)
def test_the_key_of_a_link_is_masked_and_nothing_else(path: str, masked: str) -> None:
    assert mask_keys(path) == masked


@pytest.mark.django_db
@pytest.mark.parametrize("link", LINKS)
def test_no_line_of_the_log_holds_a_key(link: str, caplog: pytest.LogCaptureFixture) -> None:
    key, client = new_key()[0].reveal(), Client(enforce_csrf_checks=True)
    caplog.set_level(logging.DEBUG)
    client.get(link.format(key))
    client.post(link.format(key))
    assert "***" in caplog.text
    assert find_secrets([key], {"log": caplog.text}) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("link", LINKS)
def test_no_error_report_holds_a_key(link: str, anna: User) -> None:
    key = new_key()[0].reveal()
    broken = mock.patch.object(BaseHandler, "resolve_request", side_effect=RuntimeError("broken on purpose"))
    with everything_said(anna) as said, broken:
        said.visit(link.format(key))
    places = ("error report", "log of django.request", "log of vps.requests")
    told = {place: text for place, text in said.heard.items() if place.startswith(places)}
    assert sum("broken on purpose" in str(text) for text in told.values()) == 3  # text, page, and the log
    assert find_secrets([key], told) == []

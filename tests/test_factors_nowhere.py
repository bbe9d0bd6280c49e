"""The secrets of second factors are found nowhere but in the page that shows them once to their person."""

import re
from collections.abc import Iterator
from unittest import mock

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from tests.accounts.factor_kit import AUTHENTICATE, code
from tests.conftest import PASSWORD
from tests.everything_said import EverythingSaid, everything_said
from tests.secret_search import find_secrets
from tests.test_secrets_nowhere import as_bytes, look_around
from vps.models import AuditEvent
from vps.services.factors import SECRETS, open_for

pytestmark = pytest.mark.django_db(transaction=True)
ADD = "/accounts/2fa/app/add/"
CODES = "/accounts/2fa/recovery-codes/"
TAKE_STEP = "vps.accounts.factor_forms.take_step"


@pytest.fixture
def said(anna: User, settings: Settings) -> Iterator[EverythingSaid]:
    settings.MFA_RECOVERY_CODE_DIGITS = 20  # so many that none is found by chance
    cache.clear()
    with everything_said(anna) as everything:
        yield everything
    cache.clear()


def set_up(said: EverythingSaid) -> list[str]:
    """The key of an app and the recovery codes, as they are shown, and what both are made from."""
    page = said.visit(ADD).content.decode()
    (key,) = re.findall(r'id="key">([A-Z2-7]{32})<', page)
    said.visit(ADD, {"code": "000000"})
    codes = re.findall(r"<li>(\d{20})</li>", said.visit(ADD, {"code": code(key)}).content.decode())
    assert len(codes) == 10
    stored = Authenticator.objects.filter(type__in=SECRETS)
    made_from = [open_for(row.user_id, row.data[SECRETS[row.type]]) for row in stored]
    assert key in made_from
    return [*dict.fromkeys([key, *made_from, *codes])]


def places(said: EverythingSaid, secrets: list[str]) -> set[str]:
    """Where one was found; and the search looked where things are: it finds what may be found."""
    hays = said.haystacks()
    written = [as_bytes(hay) for name, hay in hays.items() if name not in said.heard and name != "session"]
    assert any(b"signin.factor_added" in hay for hay in written)
    assert any(b"SELECT" in as_bytes(hay) for hay in hays.values())
    return {found.partition(" in ")[2].partition(" (")[0] for found in find_secrets(secrets, hays)}


def sign_in_anew(said: EverythingSaid, typed: str) -> None:
    cache.clear()  # the tries so far
    said.client = Client(raise_request_exception=False)
    said.visit("/accounts/login/", {"login": "anna", "password": PASSWORD})
    said.visit(AUTHENTICATE, {"code": f"{typed[:-1]}x"})
    said.visit(AUTHENTICATE, {"code": typed})


def test_after_all_that_a_person_does_with_them(said: EverythingSaid) -> None:
    secrets = set_up(said)
    sign_in_anew(said, secrets[-1])
    said.visit(CODES)
    said.visit("/accounts/2fa/reauthenticate/", {"code": secrets[-2], "next": "/"})
    said.visit("/accounts/2fa/reauthenticate/", {"code": f"{secrets[-3]}0", "next": "/"})
    for path in (
        "/accounts/2fa/",
        "/accounts/2fa/app/remove/",
        f"{CODES}renew/",
        "/accounts/sessions/",
        "/audit/",
    ):
        said.visit(path)
    look_around(said)
    assert places(said, secrets) == {f"page {ADD}", f"page {CODES}"}


def test_after_failures_of_ours(said: EverythingSaid) -> None:
    """Their reports hold what the program held."""
    secrets = set_up(said)
    with mock.patch(TAKE_STEP, side_effect=RuntimeError("no")):
        sign_in_anew(said, code(secrets[0], later=1))
    with mock.patch(
        "allauth.mfa.recovery_codes.internal.auth.RecoveryCodes._mark_code_used", side_effect=RuntimeError
    ):
        sign_in_anew(said, secrets[-1])
    sign_in_anew(said, secrets[-2])
    with mock.patch(
        "vps.accounts.factor_views.RecoveryCodes.render_to_response", side_effect=RuntimeError("no")
    ):
        said.visit(CODES)
    with mock.patch("vps.services.audit.record", side_effect=RuntimeError("no")):
        said.visit(f"{CODES}renew/", {})
        said.visit("/accounts/2fa/app/remove/", {})
    assert sum(name.startswith("error report as text") for name in said.heard) == 5
    assert AuditEvent.objects.filter(code="signin.factor_removed").count() == 0
    assert places(said, secrets) == {f"page {ADD}", f"page {CODES}"}

"""A machine's default login: what is known of it, revealing it, clearing it."""

from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.services.conftest import AddToken
from vps.models import AuditEvent, Machine, Status
from vps.services import logins
from vps.services.logins import LoginPage, Outcome, Revelation
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine(anna: User, add_token: AddToken, simulator: Simulator) -> Machine:
    """Its default login is to be had for an hour."""
    add_token(anna)
    found = Machine.objects.order_by("pk")[0]
    simulator.set(found.product, login_for=3600, password="GeneratedPassword123!", ipv4="192.0.2.7")
    return found


def page(person: User, machine: Machine) -> LoginPage:
    return logins.show_login(person, machine.project, machine.product)


def state(person: User, machine: Machine) -> tuple[str, datetime | None]:
    known = page(person, machine)
    return known.state, known.at


def reveal(person: User, machine: Machine) -> Revelation:
    return logins.reveal_login(person, machine.project, machine.product)


def clear(person: User, machine: Machine, seen: str | None = None) -> Outcome:
    known = page(person, machine).seen if seen is None else seen
    return logins.clear_login(person, machine.project, machine.product, known)


def lines() -> list[tuple[str, str]]:
    return list(
        AuditEvent.objects.filter(code__startswith="login.").order_by("pk").values_list("code", "outcome")
    )


def revision_of(machine: Machine) -> int:
    return Status.objects.get(machine=machine).revision


def clears(simulator: Simulator, machine: Machine) -> int:
    return simulator.calls.count("defaultlogin", machine.product, "POST")


def test_at_first_nothing_is_known(anna: User, machine: Machine) -> None:
    known = page(anna, machine)
    assert (known.state, known.at, known.may_ask) == ("", None, True)


def test_a_reveal_gives_what_the_provider_tells_and_says_that_it_is_still_there(
    anna: User, machine: Machine
) -> None:
    before, revision = timezone.now(), revision_of(machine)
    revealed = reveal(anna, machine)
    assert revealed.outcome.word == "succeeded"
    assert revealed.login is not None
    told = revealed.login
    assert (told.type, told.ipv4, told.protocol, told.username) == ("linux", "192.0.2.7", "ssh", "ubuntu")
    assert told.password.reveal() == "GeneratedPassword123!"
    assert "Generated" not in repr(revealed)
    known = page(anna, machine)
    assert known.state == "held"
    assert known.at is not None
    assert known.at >= before
    assert revision_of(machine) > revision
    assert lines() == [("login.revealed", "succeeded")]


def test_the_audit_line_names_the_person_and_the_token(anna: User, machine: Machine) -> None:
    reveal(anna, machine)
    line = AuditEvent.objects.get(code__startswith="login.")
    assert (line.person, line.product, line.token, line.token_owner) == (
        "anna",
        machine.product,
        "Mine",
        "anna",
    )
    assert "Generated" not in str(vars(line))


def test_no_longer_available_is_a_state(anna: User, machine: Machine, simulator: Simulator) -> None:
    simulator.set(machine.product, login_for=0)
    revealed = reveal(anna, machine)
    assert (revealed.outcome.word, revealed.login) == ("gone", None)
    assert page(anna, machine).state == "gone"
    assert lines() == [("login.revealed", "gone")]


def test_it_is_gone_since_it_was_first_said(anna: User, machine: Machine, simulator: Simulator) -> None:
    simulator.set(machine.product, login_for=0)
    reveal(anna, machine)
    first = page(anna, machine).at
    reveal(anna, machine)
    assert page(anna, machine).at == first


def test_a_machine_that_got_a_new_login_holds_one_again(
    anna: User, machine: Machine, simulator: Simulator
) -> None:
    simulator.set(machine.product, login_for=0)
    reveal(anna, machine)
    simulator.set(machine.product, login_for=60)
    assert reveal(anna, machine).login is not None
    assert page(anna, machine).state == "held"


@pytest.mark.parametrize(
    ("code", "body", "sentence"),
    [
        (400, {"error": "Error, vps is locked."}, "The provider refuses it (400). It said: “Error, vps is locked”."),
        (400, "<p>no</p>", "The provider refuses it (400)."),
        (401, None, "The provider refuses this token (401): it may be mistyped, expired or revoked."),
        (403, None, "The token may not do this (403). Give it the permission at the provider."),
        (429, None, "The provider wants fewer calls (429). Try again in a minute."),
        (500, None, "The provider could not be reached: it answered with a failure of its own. Try again."),
    ],
)  # fmt: skip
def test_a_failure_says_why_and_leaves_what_was_known(
    anna: User, machine: Machine, simulator: Simulator, code: int, body: object, sentence: str
) -> None:
    reveal(anna, machine)
    known = state(anna, machine)
    simulator.fault("status", code=code, body=body, kind="defaultlogin")
    revealed = reveal(anna, machine)
    assert (revealed.outcome.word, revealed.login) == ("failed", None)
    assert revealed.outcome.sentence.startswith(f"It was not revealed. {sentence}")
    assert state(anna, machine) == known
    assert lines()[-1] == ("login.revealed", "failed")


def test_a_clear_makes_the_provider_forget_it(anna: User, machine: Machine, simulator: Simulator) -> None:
    reveal(anna, machine)
    revision = revision_of(machine)
    outcome = clear(anna, machine)
    name = machine.name
    assert (outcome.word, outcome.sentence) == ("succeeded", f"The default login of “{name}” is cleared.")
    assert page(anna, machine).state == "gone"
    assert revision_of(machine) > revision
    assert clears(simulator, machine) == 1
    assert lines()[1:] == [("login.clear_requested", ""), ("login.cleared", "succeeded")]
    assert reveal(anna, machine).outcome.word == "gone"


def test_a_second_press_of_the_same_page_sends_nothing(
    anna: User, machine: Machine, simulator: Simulator
) -> None:
    seen = page(anna, machine).seen
    clear(anna, machine, seen)
    outcome = clear(anna, machine, seen)
    assert outcome.word == "stale"
    assert outcome.sentence.startswith("Nothing was sent")
    assert clears(simulator, machine) == 1
    assert page(anna, machine).state == "gone"


def test_a_clear_that_surely_was_not_done_leaves_what_was_known(
    anna: User, machine: Machine, simulator: Simulator
) -> None:
    reveal(anna, machine)
    known = state(anna, machine)
    simulator.fault("status", code=403, kind="defaultlogin")
    outcome = clear(anna, machine)
    assert outcome.word == "failed"
    assert outcome.sentence.startswith("It was not cleared. The token may not do this (403).")
    assert state(anna, machine) == known
    assert lines()[-1] == ("login.cleared", "failed")


@pytest.mark.parametrize("after", [True, False], ids=["done", "not done"])
def test_a_clear_without_an_answer_is_unknown_and_not_sent_again(
    anna: User, machine: Machine, simulator: Simulator, after: bool
) -> None:
    reveal(anna, machine)
    simulator.fault("reset", kind="defaultlogin", times=1, after=after)
    outcome = clear(anna, machine)
    assert outcome.word == "unknown"
    assert outcome.sentence.startswith("Nobody knows whether it was cleared")
    assert page(anna, machine).state == "sent"
    assert clears(simulator, machine) == 1
    assert lines()[-1] == ("login.cleared", "unknown")
    reveal(anna, machine)
    assert page(anna, machine).state == ("gone" if after else "held")


def test_a_clear_of_what_is_gone_says_so(anna: User, machine: Machine, simulator: Simulator) -> None:
    simulator.fault(
        "status", code=400, kind="defaultlogin", body={"error": "Default password no longer available"}
    )
    assert clear(anna, machine).word == "gone"
    assert page(anna, machine).state == "gone"

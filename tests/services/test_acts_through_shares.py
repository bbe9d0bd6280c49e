"""Who acts through another person's token is told what came of it, and nothing that was said to the token."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tests.rows import give_share, give_team
from tests.services.collector_kit import machines_of
from tests.services.conftest import AddToken
from tests.services.console_kit import shut
from tests.services.power_kit import press
from vps.models import AuditEvent, Machine, PowerAction
from vps.services import logins
from vps.services.action_advice import OTHERS, WHY
from vps.services.action_words import tell
from vps.simulator.server import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "Insufficient permissions"


@pytest.fixture
def machine(anna: User, ben: User, add_token: AddToken, simulator: Simulator) -> Machine:
    """Anna shares a token that may only read, with Ben as an admin."""
    token = add_token(anna, "Her name for it", simulator.mint(permissions=["READ_VPS"]).token)
    machine = machines_of(token)[0]
    simulator.set(machine.product, status="running", login_for=3600)
    give_share(token, give_team(admin=[anna, ben]), machine.project)
    return machine


def all_told(person: User, machine: Machine) -> str:
    action = press(person, machine, "reboot").action
    told = tell(action, PowerAction.Command.REBOOT, person)
    login = logins.reveal_login(person, machine.project, machine.product).outcome
    cleared = logins.clear_login(person, machine.project, machine.product, "")
    return repr((told, shut(person, machine).sentence, login, cleared))


def test_a_refusal_is_told_to_each_in_words_of_theirs(
    anna: User, ben: User, machine: Machine, settings: object, simulator: Simulator
) -> None:
    settings.VPS_CONSOLE_URL = simulator.console  # type: ignore[attr-defined]
    simulator.fault("status", code=403, kind="defaultlogin")
    hers = all_told(anna, machine)
    PowerAction.objects.all().delete()
    his = all_told(ben, machine)
    assert (hers.count(SAID), his.count(SAID)) == (4, 0)
    assert "Her name for it" in hers
    assert "Her name for it" not in his
    assert his.count("Its owner can give it the permission") == 4
    assert {(line.person, line.token_owner) for line in AuditEvent.objects.filter(code="login.revealed")} == {
        ("anna", "anna"),
        ("ben", "anna"),
    }


def test_the_page_of_the_token_is_named_to_its_owner_alone(
    anna: User, ben: User, machine: Machine, settings: object, simulator: Simulator
) -> None:
    settings.VPS_CONSOLE_URL = simulator.console  # type: ignore[attr-defined]
    token = shut(anna, machine).token
    assert token
    assert token.name == "Her name for it"
    assert shut(ben, machine).token is None
    action = press(ben, machine, "reboot").action
    links = [tell(action, PowerAction.Command.REBOOT, person).token for person in (anna, ben)]
    assert links == [str(token.pk), ""]
    assert reverse("token", args=[token.pk]).endswith(f"{token.pk}/")


def test_every_reason_that_names_a_token_has_words_for_others() -> None:
    assert {code for code, (_why, todo) in WHY.items() if "%(token)s" in str(todo)} == set(OTHERS)

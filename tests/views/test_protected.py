"""A protected machine asks for its name before it is acted on."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.provider.fault_server import FaultServer
from tests.views.power_kit import ADDRESSES, HTMX, PAGE, START, press, provider, token, web, words
from vps.models import BulkItem, Machine, PowerAction
from vps.services import bulk as bulks
from vps.services.bulk_run import press_next

__all__ = ["provider", "token", "web"]
FIELD = 'name="name"'


@pytest.fixture
def held(web: Machine) -> Machine:
    """Web-01, protected."""
    Machine.objects.filter(pk=web.pk).update(protected=True)
    web.refresh_from_db()
    return web


@pytest.mark.usefixtures("held")
def test_no_page_starts_it_without_asking(signed_in: Client) -> None:
    for address in ("/", "/?view=table", PAGE, f"{PAGE}menu/", f"{PAGE}console/"):
        page = signed_in.get(address).content.decode()
        assert "formaction" not in page, address
    assert 'alt="Protected"' in signed_in.get("/").content.decode()
    assert 'alt="Protected"' in signed_in.get("/?view=table").content.decode()


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("address", ADDRESSES)
def test_the_question_asks_for_its_name(signed_in: Client, address: str) -> None:
    asked = signed_in.get(address)
    assert FIELD in asked.content.decode()
    assert "It is protected. Type its name: web-01" in words(asked)


def test_the_question_of_another_machine_does_not(signed_in: Client, web: Machine) -> None:
    assert FIELD not in signed_in.get(START).content.decode()


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Type its name: nothing was sent."),
        ({"name": " "}, "Type its name: nothing was sent."),
        ({"name": "web-02"}, "That is not its name: nothing was sent."),
        ({"name": "WEB-01"}, "That is not its name: nothing was sent."),
    ],
)
def test_without_its_name_nothing_is_sent(
    signed_in: Client, provider: FaultServer, address: str, fields: dict[str, str], told: str
) -> None:
    answer = press(signed_in, address, fields=fields)
    assert told in words(answer)
    assert not PowerAction.objects.exists()
    assert not provider.connections


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("typed", ["web-01", " web-01 ", "vm-1"])
def test_with_its_name_or_id_it_is_asked(signed_in: Client, provider: FaultServer, typed: str) -> None:
    assert press(signed_in, fields={"name": typed}).status_code == 303
    assert PowerAction.objects.get().command == "start"


@pytest.mark.usefixtures("held")
def test_a_card_that_was_drawn_before_it_was_protected_leads_to_the_question(signed_in: Client) -> None:
    answer = press(signed_in, fields={"next": "/?q=web"}, **HTMX)
    assert answer["HX-Redirect"] == f"{START}?next=%2F%3Fq%3Dweb"
    assert not PowerAction.objects.exists()


def test_a_dialog_is_answered_with_the_question_again(signed_in: Client, held: Machine) -> None:
    answer = press(signed_in, fields={"name": "x"}, **HTMX)
    assert 'id="ask"' in answer.content.decode()
    assert 'value="x"' in answer.content.decode()


def test_a_bulk_leaves_it_out_and_says_why(signed_in: Client, anna: User, held: Machine) -> None:
    answer = signed_in.post("/bulk/", {"command": "start", "machine": [held.pk]}, follow=True)
    assert "It is protected: act on it alone, by its name." in words(answer)


def test_a_bulk_that_was_confirmed_before_leaves_it_out_too(
    anna: User, web: Machine, provider: FaultServer, transactional_db: None
) -> None:
    bulk = bulks.make_bulk(anna, "start", bulks.choose_machines(anna, [str(web.pk)]))
    bulks.confirm_bulk(anna, bulk.pk)
    Machine.objects.update(protected=True)
    press_next(anna, bulk.pk)
    item = BulkItem.objects.get()
    assert (item.state, item.reason) == ("left_out", "protected")
    assert not PowerAction.objects.exists()

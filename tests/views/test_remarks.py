"""The addresses of a machine's remarks: who may, what they show, and what they say of what cannot be saved."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.rows import give_machine, give_share, give_team, give_token
from tests.views.gate import refused_methods, sent_to_sign_in
from tests.views.power_kit import HTMX, PAGE, words
from vps.models import AuditEvent, Machine, Role, Tag
from vps.services.remarks import mark_of

BUTTONS: dict[str, dict[str, Any]] = {
    "protect": {},
    "unprotect": {},
    "expected": {"expected": "on"},
    "tags": {"tags": "web, prod"},
    "notes": {"notes": "Boots slowly.", "seen": mark_of("")},
    "keeper": {"keeper": ""},
}
LEAST = {name: Role.OPERATOR if name in ("tags", "notes", "keeper") else Role.ADMIN for name in BUTTONS}
FORMS = [name for name in BUTTONS if name != "protect"]


@pytest.fixture
def web(anna: User) -> Machine:
    return give_machine(give_token(anna), machine={"name": "web-01", "product": "vm-1", "keeper": anna})


def post(client: Client, name: str, **fields: Any) -> Any:
    return client.post(f"{PAGE}{name}/", BUTTONS[name] | fields)


# Who may ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize("name", BUTTONS)
def test_who_is_not_signed_in_goes_to_the_sign_in_page(anonymous: Client, name: str) -> None:
    assert sent_to_sign_in(anonymous, f"{PAGE}{name}/")
    assert sent_to_sign_in(anonymous, f"{PAGE}{name}/", "post")


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize("name", BUTTONS)
def test_a_stranger_does_not_know_of_it(stranger: Client, name: str) -> None:
    if name in FORMS:
        assert stranger.get(f"{PAGE}{name}/").status_code == 404
    assert post(stranger, name).status_code == 404
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("name", BUTTONS)
@pytest.mark.parametrize("role", Role)
def test_what_a_role_may_is_what_it_is_shown(
    stranger: Client, anna: User, ben: User, web: Machine, role: Role, name: str
) -> None:
    give_share(anna.tokens.get(), give_team(viewer=ben))
    ben.memberships.update(role=role)
    Machine.objects.update(protected=name == "unprotect", notes="Boots slowly.")
    shown = stranger.get(PAGE)
    assert "Notes Boots slowly." in words(shown)
    if role >= LEAST[name]:
        assert f'"{PAGE}{name}/"' in shown.content.decode()
        assert post(stranger, name).status_code in (200, 303)
        return
    assert f"{PAGE}{name}/" not in shown.content.decode()
    assert post(stranger, name).status_code == 403
    if name in FORMS:
        assert stranger.get(f"{PAGE}{name}/").status_code == 403
    assert not AuditEvent.objects.exists()


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize("name", BUTTONS)
def test_methods(signed_in: Client, name: str) -> None:
    refused = ("put", "delete", "patch") if name in FORMS else ("get", "put", "delete", "patch")
    assert refused_methods(signed_in, f"{PAGE}{name}/", *refused)


# What they do ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BUTTONS)
def test_each_says_on_the_machines_page_that_it_is_done(signed_in: Client, web: Machine, name: str) -> None:
    answer = post(signed_in, name)
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert 'role="status"' in signed_in.get(PAGE).content.decode()


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize("name", FORMS[1:])
def test_each_form_is_a_page_or_what_a_dialog_holds(signed_in: Client, name: str) -> None:
    page, part = (signed_in.get(f"{PAGE}{name}/", **more).content.decode() for more in ({}, HTMX))
    assert "<html" in page
    assert "<html" not in part
    assert 'id="ask"' in part


@pytest.mark.usefixtures("web")
def test_the_machines_page_shows_it_all(signed_in: Client) -> None:
    for name in ("protect", "expected", "tags"):
        post(signed_in, name)
    post(signed_in, "notes", notes="One <b>\ntwo.")
    page = signed_in.get(PAGE)
    told = words(page)
    for said in ("Protected Yes", "Should be Always on", "Looked after by anna", "Tags prod , web"):
        assert said in told
    assert "One &lt;b&gt;<br>two." in page.content.decode()
    assert 'href="/?q=tag:web"' in page.content.decode()


@pytest.mark.usefixtures("web")
def test_who_saves_notes_over_those_of_somebody_else_is_shown_both(signed_in: Client) -> None:
    post(signed_in, "notes", notes="theirs")
    answer = post(signed_in, "notes", notes="mine")
    page = answer.content.decode()
    assert "Somebody else saved other notes meanwhile" in page
    assert "readonly>theirs</textarea>" in page
    assert ">Yours</label>" in page
    assert ">\nmine</textarea>" in page
    assert Machine.objects.get().notes == "theirs"
    post(signed_in, "notes", notes="mine", seen=mark_of("theirs"))
    assert Machine.objects.get().notes == "mine"


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize(
    ("name", "fields", "told"),
    [
        ("expected", {"expected": "sometimes"}, "Choose one of these."),
        ("tags", {"tags": "web, #1"}, "“#1” is no tag"),
        ("tags", {"tags": " ".join(f"t{n}" for n in range(21))}, "A machine has at most 20 tags."),
        ("notes", {"notes": "a\x07b"}, "Notes hold no control characters."),
        ("notes", {"notes": "x" * 4001}, "at most 4000 characters"),
        ("keeper", {"keeper": "999999"}, "They do not see this machine."),
        ("keeper", {"keeper": "x"}, "They do not see this machine."),
    ],
)
def test_what_cannot_be_saved_is_said_beside_its_field(
    signed_in: Client, name: str, fields: dict[str, str], told: str
) -> None:
    assert told in words(post(signed_in, name, **fields))
    assert not AuditEvent.objects.exists()


def test_who_shares_it_may_be_the_one_who_looks_after_it(
    signed_in: Client, anna: User, ben: User, web: Machine
) -> None:
    team = give_team(viewer=ben)
    give_share(anna.tokens.get(), team)
    post(signed_in, "keeper", keeper=ben.pk)
    assert Machine.objects.get().keeper == ben
    team.delete()
    assert "Looked after by ben" in words(signed_in.get(PAGE))


def test_a_foreign_id_of_a_person_is_none(signed_in: Client, ben: User, web: Machine) -> None:
    assert "They do not see this machine." in words(post(signed_in, "keeper", keeper=ben.pk))
    assert Machine.objects.get().keeper_id == web.keeper_id


def test_the_protection_is_lifted_only_after_a_question(signed_in: Client, web: Machine) -> None:
    post(signed_in, "protect")
    assert "Lift the protection of “web-01”?" in words(signed_in.get(f"{PAGE}unprotect/"))
    assert Machine.objects.get().protected
    post(signed_in, "unprotect")
    assert not Machine.objects.get().protected


def test_tags_of_a_deleted_machine_go_with_it(web: Machine) -> None:
    Tag.objects.create(machine=web, name="web")
    web.delete()
    assert not Tag.objects.exists()

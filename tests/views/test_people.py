"""The pages of people: for admins of the installation, who say first who they are."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.conftest import PASSWORD, forget_who_it_is
from tests.people_kit import lines
from tests.rows import give_team
from tests.views.gate import refused_methods, sent_to_sign_in

Person = Callable[..., User]
ACTS = ["disable", "enable", "reset", "admin/give", "admin/take"]


@pytest.fixture
def root(person: Person) -> User:
    return person("root", is_superuser=True)


@pytest.fixture
def admin(root: User) -> Client:
    client = Client()
    client.force_login(root)
    return client


def at(who: User, act: str = "") -> str:
    return f"/people/{who.pk}/{act}/" if act else f"/people/{who.pk}/"


def link_in(page: str) -> str:
    found = re.search(r"http://localhost:8000(/accounts/link/[^<]+/)", page)
    assert found, "the page shows no link"
    return found[1]


@pytest.mark.parametrize("act", ["", *ACTS])
def test_who_is_not_signed_in_goes_to_the_sign_in_page(anonymous: Client, anna: User, act: str) -> None:
    for address in ("/people/", "/people/add/", at(anna, act)):
        assert sent_to_sign_in(anonymous, address)
        assert sent_to_sign_in(anonymous, address, "post")


@pytest.mark.parametrize("act", ["", *ACTS])
def test_for_everybody_else_there_are_no_such_pages(
    stranger: Client, anna: User, ben: User, act: str
) -> None:
    forget_who_it_is(stranger)
    for address in ("/people/", "/people/add/", at(anna, act), at(ben, act)):
        assert stranger.get(address).status_code == 404
        assert stranger.post(address, {"name": "eve"}).status_code in (404, 405)
    assert "People" not in stranger.get("/tokens/").content.decode()
    assert (User.objects.count(), lines()) == (2, [])


@pytest.mark.parametrize("act", ACTS)
def test_nothing_changes_by_looking(admin: Client, anna: User, act: str) -> None:
    before = User.objects.values().get(pk=anna.pk)
    assert admin.get(at(anna, act)).status_code == 200
    assert User.objects.values().get(pk=anna.pk) == before
    assert lines() == []
    assert refused_methods(admin, at(anna, act), "put", "delete", "patch")
    assert refused_methods(admin, at(anna), "post", "put", "delete", "patch")
    assert refused_methods(admin, "/people/", "post", "put", "delete", "patch")


@pytest.mark.parametrize("act", ["", *ACTS])
def test_who_is_nobody_is_not_found(admin: Client, act: str) -> None:
    for number in (0, 999_999, 2**70):
        path = f"/people/{number}/{act}/" if act else f"/people/{number}/"
        assert admin.get(path).status_code == 404
    assert admin.get("/people/anna/").status_code == 404


def test_the_list_names_everybody_and_what_they_have(admin: Client, anna: User, person: Person) -> None:
    person("<b>olga</b>", is_active=False)
    answer = admin.get("/people/")
    page = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert "3 people" in page
    assert "anna@example.org" in page
    assert "&lt;b&gt;olga&lt;/b&gt;" in page
    assert page.count("Disabled") == 1
    assert page.count("admin of the installation") == 1
    assert "Never" in page


def test_adding_shows_the_link_once_and_the_person_signs_in_by_it(admin: Client, anonymous: Client) -> None:
    answer = admin.post("/people/add/", {"name": "bea", "email": "bea@example.org"})
    assert "no-store" in answer["Cache-Control"]
    address = link_in(answer.content.decode())
    bea = User.objects.get(username="bea")
    assert address not in admin.get(at(bea)).content.decode()
    assert "not used yet" in admin.get(at(bea)).content.decode()
    anonymous.get(address)
    new = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    assert anonymous.post("/accounts/link/", new)["Location"] == "/"
    assert anonymous.get("/").status_code == 200
    assert "not used yet" not in admin.get(at(bea)).content.decode()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "Give them a name."),
        ({"name": "anna"}, "Somebody signs in by that already."),
        ({"name": "bea", "email": "Anna@example.org"}, "Somebody signs in by that already."),
        ({"name": "bea", "email": "no address"}, "Enter a valid email address."),
        ({"name": "be a"}, "Enter a valid username."),
        ({"name": "x" * 151}, "at most 150 characters"),
        ({"name": "bea\x00"}, "Null characters are not allowed."),
    ],
)
def test_what_will_not_do_is_said_beside_its_field(
    admin: Client, anna: User, typed: dict[str, str], sentence: str
) -> None:
    page = admin.post("/people/add/", typed).content.decode()
    assert sentence in page
    assert User.objects.count() == 2


def test_disable_asks_and_enable_brings_back(admin: Client, anna: User) -> None:
    assert "Disable anna?" in admin.get(at(anna, "disable")).content.decode()
    assert "anna is disabled." in admin.post(at(anna, "disable"), follow=True).content.decode()
    assert "Enable anna?" in admin.get(at(anna, "enable")).content.decode()
    assert "anna is enabled." in admin.post(at(anna, "enable"), follow=True).content.decode()


def test_before_somebody_is_disabled_it_is_said_which_teams_lose_their_only_active_admin(
    admin: Client, anna: User, ben: User, person: Person
) -> None:
    gone = person("gone", is_active=False)
    give_team("<Ops>", admin=[anna, gone], operator=ben)
    give_team("Shop", admin=anna)
    give_team("Two admins", admin=[anna, ben])
    give_team("A viewer", viewer=anna, admin=ben)
    told = admin.get(at(anna, "disable")).content.decode()
    assert "2 teams lose their only active admin: &lt;Ops&gt;, Shop." in told
    assert "1 team loses its only active admin: A viewer." in admin.get(at(ben, "disable")).content.decode()
    assert "only active admin" not in admin.get(at(gone, "disable")).content.decode()


def test_of_many_teams_a_dozen_is_named(admin: Client, anna: User) -> None:
    for number in range(14):
        give_team(f"Team {number:02d}", admin=anna)
    told = admin.get(at(anna, "disable")).content.decode()
    assert "14 teams lose their only active admin: Team 00, " in told
    assert "Team 11 and 2 more." in told


def test_reset_shows_a_link(admin: Client, anna: User) -> None:
    link_in(admin.post(at(anna, "reset")).content.decode())
    anna.refresh_from_db()
    assert not anna.has_usable_password()


def test_an_admin_is_made_and_gives_it_up(admin: Client, root: User, anna: User) -> None:
    assert "anna is an admin" in admin.post(at(anna, "admin/give"), follow=True).content.decode()
    assert admin.post(at(root, "admin/take"))["Location"] == "/"
    assert admin.get("/people/").status_code == 404


def test_what_may_not_be_is_refused_in_words(admin: Client, root: User) -> None:
    for act, words in [
        ("disable", "You cannot disable yourself."),
        ("reset", "Change your own password on its page."),
        ("admin/take", "They are the last admin of this installation."),
    ]:
        answer = admin.post(at(root, act), headers={"HX-Request": "true"})
        assert (answer.status_code, words in answer.content.decode()) == (403, True)
    page = admin.get(at(root)).content.decode()
    assert "Disable…" not in page
    assert "Reset the sign-in…" not in page


@pytest.mark.parametrize("act", ["add", *ACTS])
def test_who_did_not_say_lately_who_they_are_is_asked_first_and_then_asked_again(
    admin: Client, anna: User, act: str
) -> None:
    address = "/people/add/" if act == "add" else at(anna, act)
    forget_who_it_is(admin)
    for answer in (admin.get(address), admin.post(address, {"name": "eve"})):
        assert (answer.status_code, answer["Location"]) == (
            303,
            f"/accounts/reauthenticate/?next={address.replace('/', '%2F')}",
        )
    assert User.objects.count() == 2
    back = admin.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": address})
    assert back["Location"] == address
    assert admin.get(address).status_code == 200
    assert lines("person") == []

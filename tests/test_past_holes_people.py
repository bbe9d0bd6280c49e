"""What went wrong in comparable panels, about people and their sessions: each must not happen here."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from tests.conftest import PASSWORD
from tests.people_kit import give_to_team
from tests.rows import give_machine, give_token
from vps.access import listings_due, machine_readers, readable_machines
from vps.services.people import disable_person

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
NEW = {"oldpassword": PASSWORD, "password1": "another-battery-staple", "password2": "another-battery-staple"}


@pytest.fixture(autouse=True)
def _no_tries_yet() -> None:
    cache.clear()


def browser_of(name: str) -> Client:
    client = Client()
    client.post(LOGIN, {"login": name, "password": PASSWORD})
    return client


def test_nginx_ui_33031_a_disabled_person_kept_working(anna: User, person: Callable[..., User]) -> None:
    root, token, teammate = person("root", is_superuser=True), give_token(anna), Client()
    machine = give_machine(token)
    give_to_team(token, machine, bert := person("bert"))
    teammate.force_login(bert)
    browser, other = browser_of("anna"), Client()
    other.force_login(anna)
    address = f"/machines/{machine.project}/{machine.product}/"
    assert (browser.get(address).status_code, teammate.get(address).status_code) == (200, 200)
    disable_person(root, anna.pk)
    for client in (browser, other):
        assert client.get(address)["Location"].startswith(LOGIN)
        poll = client.get("/cards/?since=0-0-0", headers={"HX-Request": "true"})
        assert poll["HX-Redirect"].startswith(LOGIN)
        assert machine.name not in poll.content.decode()
        assert client.post(f"{address}reboot/")["Location"].startswith(LOGIN)
    assert teammate.get(address).status_code == 404
    assert (list(machine_readers()), readable_machines().count(), listings_due(root.date_joined).count()) == (
        [],
        0,
        0,
    )
    assert "_auth_user_id" not in browser_of("anna").session


def test_uptime_kuma_g9v2_sessions_survived_a_password_change(anna: User) -> None:
    phone, laptop = browser_of("anna"), browser_of("anna")
    assert phone.get("/").status_code == 200
    assert laptop.post(CHANGE := "/accounts/password/change/", NEW).status_code == 302
    assert phone.get("/")["Location"].startswith(LOGIN)
    assert phone.post(CHANGE, NEW)["Location"].startswith(LOGIN)
    assert laptop.get("/").status_code == 200
    assert Session.objects.count() == 1


def test_a_copied_session_row_does_not_survive_a_password_change_either(anna: User) -> None:
    """Django binds a session to the password; that the rows are deleted is not all that ends them."""
    phone, laptop = browser_of("anna"), browser_of("anna")
    kept = Session.objects.get(pk=phone.session.session_key)
    laptop.post("/accounts/password/change/", NEW)
    kept.save(force_insert=True)
    assert phone.get("/")["Location"].startswith(LOGIN)


def test_horizon_2014_8124_the_sign_in_page_filled_the_session_store(anna: User) -> None:
    for number in range(50):
        stranger = Client()
        assert stranger.get(f"{LOGIN}?next=/tokens/{number}").status_code == 200
        stranger.get("/")
        stranger.get(f"/accounts/link/{number:043}/")
        stranger.get("/accounts/link/")
    assert Session.objects.count() == 0


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "javascript:alert(1)",
        "https:evil.example",
    ],
)
def test_horizon_2020_29565_next_led_to_any_address(anna: User, target: str) -> None:
    """At the sign-in, at the confirmation, and after signing out."""
    client = Client()
    answers = [client.post(f"{LOGIN}?next={target}", {"login": "anna", "password": PASSWORD, "next": target})]
    answers.append(client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": target}))
    answers.append(client.post("/accounts/logout/", {"next": target}))
    for answer in answers:
        gone_to = urlsplit(answer["Location"])
        assert (answer.status_code, gone_to.scheme, gone_to.netloc) == (302, "", "")
        assert answer["Location"].startswith("/")
        assert "evil" not in answer["Location"]


def test_portainer_44883_a_session_token_was_taken_from_the_url(anna: User) -> None:
    key = browser_of("anna").session.session_key
    stranger = Client()
    for name in ("sessionid", "session", "token", "key", "api_key", "access_token"):
        assert stranger.get(f"/?{name}={key}")["Location"].startswith(LOGIN)
        assert stranger.post("/theme/", {name: key})["Location"].startswith(LOGIN)
    for headers in ({"Authorization": f"Bearer {key}"}, {"X-Session-Token": str(key)}):
        assert stranger.get("/", headers=headers)["Location"].startswith(LOGIN)
    assert stranger.get(f"/accounts/link/{key}/").status_code == 404

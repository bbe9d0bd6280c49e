"""How a press of a power button is answered, with a script and without."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tests.provider.fault_server import FAULTS, FaultServer
from tests.rows import give_action
from tests.views.power_kit import HTMX, PAGE, START, nonce_of, press, provider, token, web, words
from vps.models import Machine, PowerAction, Token

__all__ = ["provider", "token", "web"]


# The answer without a script -------------------------------------------------------------------------


def test_a_press_leads_back_with_a_message(signed_in: Client, web: Machine, provider: FaultServer) -> None:
    answer = press(signed_in, fields={"next": "/?q=web&view=table"})
    assert (answer.status_code, answer["Location"]) == (303, "/?q=web&view=table")
    assert "web-01 was asked to start. It is watched until it runs." in words(
        signed_in.get(answer["Location"])
    )


@pytest.mark.parametrize(
    "elsewhere", ["", "//evil.example/", "https://evil.example/", "/\\evil.example", "evil", "javascript:1"]
)
def test_it_never_leads_elsewhere(
    signed_in: Client, web: Machine, provider: FaultServer, elsewhere: str
) -> None:
    assert press(signed_in, fields={"next": elsewhere})["Location"] == PAGE
    asked = signed_in.get(START, {"next": elsewhere})
    assert f'href="{PAGE}"' in asked.content.decode()
    assert "evil" not in asked.content.decode()


def test_another_action_has_to_be_answered_first(anna: User, signed_in: Client, web: Machine) -> None:
    give_action(web, anna, "stop", state="sent")
    answer = press(signed_in)
    assert answer.status_code == 409
    assert "web-01 is already shutting down. anna pressed Shut down 1 s ago. Start was not sent" in words(
        answer
    )
    assert PowerAction.objects.count() == 1


# The answer to a script ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "part"),
    [("cards", '<article class="card'), ("table", '<tr class="vm'), ("machine", 'id="machine"')],
)
def test_it_holds_the_machine_as_the_page_shows_it(
    signed_in: Client, web: Machine, provider: FaultServer, place: str, part: str
) -> None:
    answer = press(signed_in, fields={"place": place}, **HTMX)
    page = answer.content.decode()
    assert (answer.status_code, page.count(part)) == (200, 1)
    assert "Starting" in page
    assert 'class="toast" data-tone="ok"' in page
    assert nonce_of(answer) != "n-1"
    assert "<main" not in page


def test_from_another_page_it_holds_only_what_became_of_it(
    signed_in: Client, web: Machine, provider: FaultServer
) -> None:
    page = press(signed_in, fields={"place": "<script>"}, **HTMX).content.decode()
    assert (page.count("<article"), page.count('class="toast"')) == (0, 1)
    assert "script" not in page


def test_the_same_press_again_is_shown_and_not_sent(
    signed_in: Client, web: Machine, provider: FaultServer
) -> None:
    press(signed_in, **HTMX)
    sent = len(provider.received)
    again = press(signed_in, **HTMX)
    assert again.status_code == 200
    assert "web-01 is already starting. anna pressed Start 0 s ago. Nothing was sent a second time." in words(
        again
    )
    assert "Nothing was sent a second time." in words(press(signed_in, nonce="n-2", **HTMX))
    assert len(provider.received) == sent


def test_an_old_page_whose_press_is_over_sends_nothing(
    signed_in: Client, web: Machine, provider: FaultServer
) -> None:
    press(signed_in)
    PowerAction.objects.update(observed="reached")
    sent = len(provider.received)
    told = words(press(signed_in, **HTMX))
    assert "This press was answered before." in told
    assert "web-01 was asked to start. Press again if you mean it anew." in told
    assert len(provider.received) == sent


def test_a_conflict_is_409_in_words(anna: User, signed_in: Client, web: Machine) -> None:
    give_action(web, anna, "stop", state="sent")
    answer = press(signed_in, **HTMX)
    assert (answer.status_code, nonce_of(answer) != "n-1") == (409, True)
    assert 'role="alert" data-tone="late"' in answer.content.decode()
    assert "Press again in a moment." in words(answer)


NOT, NOBODY = (
    "web-01 was not started: ",
    "Nobody knows whether web-01 was started. The request was sent, then ",
)
OUTCOMES = [
    ("400", f"{NOT}the provider said no. It said: “Error, vps is already online”."),
    ("401", f"{NOT}the token was refused. The provider said 401 to “laptop”"),
    ("403", f"{NOT}the token may not do this. The provider said 403 to “laptop”."),
    ("404", f"{NOT}the provider does not know it. It said 404 to “laptop”"),
    ("429", f"{NOT}the provider wants fewer calls. It said 429 to “laptop”."),
    (
        "connection refused",
        f"{NOT}nothing was sent. The provider could not be reached: it refused the connection.",
    ),
    ("500", f"{NOBODY}the provider answered with a failure of its own."),
    ("HTML with 200", f"{NOBODY}an answer came that makes no sense."),
]


@pytest.mark.parametrize(("name", "sentence"), OUTCOMES, ids=[name for name, _sentence in OUTCOMES])
def test_every_outcome_is_a_full_sentence_with_what_to_do(
    signed_in: Client, web: Machine, settings: Settings, name: str, sentence: str
) -> None:
    given = next(each for each in FAULTS if each.name == name)
    with FaultServer(given) as server:
        settings.VPS_API_URL = server.url
        answer = press(signed_in, **HTMX)
    assert (answer.status_code, 'role="alert"' in answer.content.decode()) == (200, True)
    assert sentence in words(answer)
    if sentence.startswith("Nobody"):
        assert "It is not sent again by itself. Look at its state in a minute, then decide." in words(answer)


def test_a_refused_token_is_a_link_away(
    signed_in: Client, web: Machine, token: Token, settings: Settings
) -> None:
    with FaultServer(next(each for each in FAULTS if each.name == "401")) as server:
        settings.VPS_API_URL = server.url
        answer = press(signed_in, **HTMX)
    assert f'href="/tokens/{token.pk}/"' in answer.content.decode()


def test_what_the_provider_said_is_text(signed_in: Client, web: Machine) -> None:
    Machine.objects.update(name="<img src=x>")
    said = {"state": "failed", "observed": "", "reason": "refused", "said": "<script>alert(1)</script>"}
    give_action(web, User.objects.get(username="anna"), "start", **said, token_id=Token.objects.get().pk)
    for address in (START, PAGE):
        page = signed_in.get(address).content.decode()
        assert "<img src=x>" not in page
        assert "<script>alert" not in page

"""The buttons on the board as the page is sent: which there are, where they lead, and why not."""

import re

from django.contrib.auth.models import User
from django.test import Client

from tests.rows import give_action, give_machine, give_token


def keypad(page: str) -> list[tuple[str, str, str]]:
    """The keys of the only card: what each is called, where it leads, and why it is disabled."""
    acts = page[page.index('class="acts"') : page.index("</article>")]
    keys = re.findall(r"<(?:a|button)([^>]*)>([^<]+)</(?:a|button)>", acts)
    return [(word, told(tag, "(?:href|formaction)"), told(tag, "title")) for tag, word in keys]


def told(tag: str, attribute: str) -> str:
    found = re.search(rf' {attribute}="([^"]*)"', tag)
    assert ("aria-disabled" in tag) == (" title=" in tag)
    return found[1] if found else ""


def test_a_running_machine_has_its_console_and_what_ends_it(signed_in: Client, anna: User) -> None:
    here = f"/machines/prj-1/{give_machine(give_token(anna)).product}/"
    assert keypad(signed_in.get("/").content.decode()) == [
        ("Console", f"{here}console/", ""),
        ("Reboot", f"{here}reboot/", ""),
        ("Shut down", f"{here}shutdown/", ""),
    ]


def test_a_stopped_one_is_started_by_the_pages_form_and_the_rest_says_why_not(
    signed_in: Client, anna: User
) -> None:
    here = f"/machines/prj-1/{give_machine(give_token(anna), word='stopped').product}/"
    page = signed_in.get("/").content.decode()
    assert keypad(page) == [
        ("Start", f"{here}start/", ""),
        ("Reboot", f"{here}reboot/", "Already stopped"),
        ("Shut down", f"{here}shutdown/", "Already stopped"),
    ]
    assert f'<button form="act" formaction="{here}start/">Start</button>' in page
    assert re.search(
        r'<form id="act" method="post"[^>]*>.*?name="csrfmiddlewaretoken".*?id="nonce"', page, re.DOTALL
    )


def test_while_an_action_is_under_way_every_key_leads_to_its_question(signed_in: Client, anna: User) -> None:
    machine = give_machine(give_token(anna), word="stopped")
    give_action(machine, anna, "start")
    page = signed_in.get("/").content.decode()
    assert {why for _word, _where, why in keypad(page)} == {"Starting: one power action at a time"}
    assert "formaction" not in page
    assert re.search(
        r'anna pressed Start <time[^>]*>1 s ago</time>. Reported stopped.<progress max="90" value="1"', page
    )


def test_a_row_says_what_is_under_way_too(signed_in: Client, anna: User) -> None:
    give_action(give_machine(give_token(anna)), anna, "reboot")
    page = signed_in.get("/?view=table").content.decode()
    assert re.search(r'<td class="state">Rebooting</td>.*anna pressed Reboot.*<progress', page, re.DOTALL)


def test_a_page_knows_whether_machines_move_because_of_its_reader(
    signed_in: Client, anna: User, ben: User
) -> None:
    machine = give_machine(give_token(anna))
    give_action(machine, ben)
    assert " data-own" not in signed_in.get("/").content.decode()
    give_action(machine, anna, "stop")
    assert " data-own" in signed_in.get("/").content.decode()

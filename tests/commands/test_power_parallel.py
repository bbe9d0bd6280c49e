"""Twenty presses at the same time, over HTTP, through two web servers: the provider is asked once."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from tests.prove.web import Visitor, Web
from tests.prove.witness import Deed, Witness
from tests.rows import give_access, give_machine, give_token
from vps.models import Machine, PowerAction

pytestmark = pytest.mark.django_db(transaction=True)
PRESSES = 20
HELD_SECONDS = 4.0  # the answer is held until all other presses are answered, at most


@pytest.fixture
def provider() -> Iterator[Witness]:
    with Witness() as running:
        yield running


@pytest.fixture
def visitors(
    provider: Witness, anna: User, person: Callable[..., User], tmp_path: Path
) -> Iterator[list[Visitor]]:
    """Anna's and Ben's browsers, each at another of two servers."""
    with ExitStack() as stack:
        webs = [Web(tmp_path, provider.api) for _server in range(2)]
        for web in webs:
            stack.callback(web.kill)
            web.start()
        yield [Visitor.of(user, web) for user, web in zip((anna, person("ben")), webs, strict=True)]


@pytest.fixture
def machine(provider: Witness, visitors: list[Visitor]) -> Machine:
    """It runs, and both read it."""
    project = provider.world.add_project()
    product = provider.add_machine(project, on=True).product
    tokens = [
        give_token(User.objects.get(username=name), secret=provider.mint([project]).token)
        for name in ("anna", "ben")
    ]
    made = give_machine(tokens[0], machine={"project": project, "product": product})
    give_access(tokens[1], made)
    return made


def all_at_once(
    provider: Witness, visitors: list[Visitor], machine: Machine, press: Callable[[int], tuple[str, str]]
) -> Counter[int]:
    """Presses in turn at each of the visitors; how often which status was answered."""
    ready, others = threading.Barrier(PRESSES), threading.Event()
    codes: list[int] = []

    def hold(deed: Deed) -> None:
        others.wait(HELD_SECONDS)

    provider.on_deed = hold

    def click(number: int) -> None:
        ready.wait(20)
        answer = visitors[number % len(visitors)].press(machine, *press(number), **{"HX-Request": "true"})
        codes.append(answer.status_code)
        if len(codes) == PRESSES - 1:
            others.set()

    threads = [threading.Thread(target=click, args=(number,)) for number in range(PRESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return Counter(codes)


@pytest.mark.parametrize("nonce", ["one page", "many tabs"])
def test_the_same_button_is_sent_once(
    nonce: str, provider: Witness, visitors: list[Visitor], machine: Machine
) -> None:
    def press(number: int) -> tuple[str, str]:
        return "reboot", nonce if nonce == "one page" else f"tab {number}"

    assert all_at_once(provider, visitors, machine, press) == {200: PRESSES}
    assert [deed.command for deed in provider.deeds] == ["reboot"]
    assert PowerAction.objects.get().state == "succeeded"


def test_of_all_buttons_one_is_sent_and_the_others_are_told_so(
    provider: Witness, visitors: list[Visitor], machine: Machine
) -> None:
    commands = ("stop", "reboot", "kill", "start")
    codes = all_at_once(provider, visitors, machine, lambda number: (commands[number % 4], f"tab {number}"))
    assert codes == {200: PRESSES // 4, 409: PRESSES * 3 // 4}
    assert len(provider.deeds) == 1
    assert PowerAction.objects.count() == 1

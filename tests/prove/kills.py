"""Kills the web server at each point between "requested" and "outcome written", and looks at what is left."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import requests
from django.contrib.auth.models import User
from django.utils import timezone

from tests.prove.archive import let_a_minute_pass, rows_now
from tests.prove.history import Click, History, lies
from tests.prove.holding import Writer, deaf_provider, has_connection_to, wait_until
from tests.prove.web import Visitor, Web
from tests.prove.witness import Deed, Witness
from tests.rows import give_machine, give_token
from vps.models import Machine, PowerAction
from vps.services.power import press_of, sweep_actions
from vps.services.watching import end_old_watches

TRIES = 50  # the way in between two statements is narrow


@dataclass
class Press:
    """One press of a button of a machine that nobody has touched before."""

    machine: Machine
    command: str
    nonce: str
    thread: threading.Thread


class Scene:
    """A provider, a web server, and a person who presses buttons. `left`: what became of what was killed."""

    def __init__(self, provider: Witness, web: Web, person: User, seed: int) -> None:
        self.provider, self.web, self.person = provider, web, person
        self.chance = random.Random(seed)
        self.project = provider.world.add_project()
        self.token = give_token(person, secret=provider.mint([self.project], calls_per_minute=0).token)
        self.visitor = Visitor.of(person, web)
        self.writer = Writer()
        self.clicks: list[Click] = []
        self.left: Counter[str] = Counter()
        self.usual = 0.0

    def prepare(self) -> Press:
        command = self.chance.choice(["start", "stop", "reboot", "kill"])
        on = command != "start"
        product = self.provider.add_machine(self.project, on=on).product
        names = {"project": self.project, "product": product}
        machine = give_machine(self.token, machine=names, word="running" if on else "stopped")
        nonce = f"{self.chance.getrandbits(64):x}"
        press = Press(machine, command, nonce, threading.Thread())
        press.thread = threading.Thread(target=lambda: self.click(press, command, nonce))
        return press

    def click(self, press: Press, command: str, nonce: str) -> int:
        """The status of the answer, 0 if none came."""
        code, began = 0, time.time()
        with suppress(requests.RequestException):
            code = self.visitor.press(press.machine, command, nonce).status_code
        key, name = press_of(command, nonce), self.person.username
        self.clicks.append(Click(name, press.machine.product, command, key, began, time.time(), ""))
        return code

    def received(self, press: Press) -> int:
        return len(self.provider.of(press.machine.product))

    def kill(self, press: Press) -> None:
        self.web.kill()
        press.thread.join()

    def close(self) -> None:
        self.web.kill()
        self.writer.close()


# The points ------------------------------------------------------------------------------------------


def before_sending(scene: Scene) -> Press:
    """It is requested, and not marked as sent yet."""
    for _try in range(TRIES):
        press = scene.prepare()
        press.thread.start()
        if scene.writer.take_when_requested(press.machine.pk, press.thread.is_alive):
            scene.kill(press)
            scene.writer.free()
            return press
        scene.writer.free()
        press.thread.join()
    raise AssertionError("nothing came in between")


def before_connecting(scene: Scene) -> Press:
    """It is marked as sent, and no connection is made yet."""
    press = scene.prepare()
    with deaf_provider() as deaf:
        scene.web.kill()
        scene.web.start(deaf)
        press.thread.start()
        sent = PowerAction.objects.filter(machine=press.machine, state="sent")
        wait_until(sent.exists, "it is marked as sent")
        scene.kill(press)
    return press


def before_the_provider_acts(scene: Scene) -> Press:
    """The provider has the request, and does nothing yet."""
    return _while_asked(scene, after=False)


def before_the_answer(scene: Scene) -> Press:
    """The provider has done it, and holds the answer."""
    return _while_asked(scene, after=True)


def _while_asked(scene: Scene, *, after: bool) -> Press:
    press = scene.prepare()
    scene.provider.fault("hang", kind="control", product=press.machine.product, times=1, after=after)
    came = threading.Event()

    def kill(deed: Deed) -> None:
        scene.web.kill()
        came.set()

    scene.provider.on_deed = kill
    press.thread.start()
    assert came.wait(20)
    press.thread.join()
    return press


def before_writing(scene: Scene) -> Press:
    """The answer is read, and its outcome not written yet."""
    press = scene.prepare()
    held, port = threading.Event(), urlsplit(scene.provider.api).port

    def hold(deed: Deed) -> None:
        scene.writer.take()
        held.set()

    scene.provider.on_deed = hold
    press.thread.start()
    assert held.wait(20)
    wait_until(lambda: not has_connection_to(port or 0), "the answer is read")
    scene.kill(press)
    scene.writer.free()
    return press


def at_random(scene: Scene) -> Press:
    """At any moment of a press, or just before or after it."""
    if not scene.usual:
        press, began = scene.prepare(), time.monotonic()
        press.thread.run()  # the first one of a server takes longest, and each is the first one
        scene.usual = time.monotonic() - began
        scene.web.kill()
        scene.web.start()
    press, held = scene.prepare(), scene.chance.uniform(0, scene.usual)
    scene.provider.fault("latency", kind="control", product=press.machine.product, seconds=held)
    press.thread.start()
    threading.Event().wait(scene.chance.uniform(0, held + scene.usual))
    scene.kill(press)
    return press


POINTS: dict[str, tuple[Callable[[Scene], Press], set[str]]] = {
    # a server whose client is dead may still finish the statement that waits for the lock: then it is `sent`
    "before sending": (before_sending, {"0 failed never_sent", "0 unknown no_answer"}),
    "before connecting": (before_connecting, {"0 unknown no_answer"}),
    "before the provider acts": (before_the_provider_acts, {"1 unknown no_answer"}),
    "before the answer": (before_the_answer, {"1 unknown no_answer"}),
    "before writing": (before_writing, {"1 unknown no_answer"}),
    "at random": (
        at_random,
        {"nothing", "0 failed never_sent", "0 unknown no_answer", "1 unknown no_answer", "1 succeeded"},
    ),
}


# Afterwards ------------------------------------------------------------------------------------------


def look_afterwards(scene: Scene, press: Press) -> None:
    """Nothing is sent again by whatever a person may do; a minute later it has an outcome, and the machine obeys."""
    scene.provider.on_deed = lambda deed: None
    scene.web.start()
    left, sent = PowerAction.objects.filter(machine=press.machine), scene.received(press)
    if left.exists():
        scene.click(press, press.command, press.nonce)  # loaded again
        if left.filter(state__in=["requested", "sent"]).exists():
            scene.click(press, _other(press.command), "while it is open")
        assert scene.received(press) == sent
        let_a_minute_pass()
        if scene.chance.random() < 0.5:
            sweep_actions(timezone.now())  # by the collector; else by the next press
        else:
            scene.click(press, press.command, press.nonce)  # the back button
    answer = scene.click(press, _other(press.command), "a new one")
    assert answer in (200, 303)
    assert scene.received(press) == sent + 1
    scene.left[_outcome(press, sent)] += 1


def _outcome(press: Press, sent: int) -> str:
    rows = PowerAction.objects.filter(machine=press.machine)
    row = rows.filter(nonce=press_of(press.command, press.nonce)).first()
    return f"{sent} {row.state} {row.reason}".strip() if row else "nothing"


def _other(command: str) -> str:
    return "start" if command == "kill" else "kill"


def history_of(scene: Scene) -> list[str]:
    """The lies of all that happened. Nobody looked at the machines: their watches end unseen."""
    end_old_watches(timezone.now() + timedelta(minutes=5))
    return lies(History(scene.clicks, scene.provider.deeds, scene.provider.sights, rows_now()))

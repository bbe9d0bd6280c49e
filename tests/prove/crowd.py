"""Many persons who press the power buttons of a few machines, while the provider fails in all its ways, the collector
watches, and, if told so, one of the panel's processes is killed now and then. Everybody acts by a seed."""

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests
from django.contrib.auth.models import User
from django.db import connection

from tests.prove.answers import read_answer
from tests.prove.archive import end_the_watches
from tests.prove.history import Click
from tests.prove.web import Server, Visitor, Web
from tests.prove.witness import Witness
from tests.rows import give_access, give_machine, give_token
from vps.models import Machine, Token
from vps.services.power import press_of

SENSIBLE = {True: ("stop", "reboot", "kill", "reboot"), False: ("start",)}
COMMANDS = ("start", "stop", "reboot", "kill")
WATCHED_SECONDS = 6.0  # the 90 seconds of a watch, for machines that take a fifth of their usual time

# What the provider suffers: fault, its fields, and how many calls it meets at most.
WEATHER: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("latency", {"seconds": 0.4}, 20),
    ("latency", {"seconds": 1.5, "kind": "status"}, 20),
    ("hang", {"kind": "control"}, 1),
    ("hang", {"kind": "control", "after": True}, 1),
    ("hang", {"kind": "status"}, 2),
    ("reset", {"kind": "control"}, 6),
    ("reset", {"kind": "control", "after": True}, 6),
    ("reset", {}, 10),
    ("refuse", {}, 0),
    ("html", {}, 10),
    ("garbage", {"kind": "control", "after": True}, 6),
    ("truncate", {"kind": "control"}, 6),
    ("wrong_json", {"kind": "control", "after": True}, 6),
    ("wrong_json", {"kind": "status"}, 10),
    ("status", {"code": 500, "kind": "control", "after": True}, 6),
    ("status", {"code": 502, "body": "<h1>Bad gateway</h1>"}, 10),
    *(("status", {"code": code, "kind": "control", "seconds": 1}, 4) for code in (400, 401, 403, 404, 429)),
    ("status", {"code": 200, "body": {"success": False, "error": "Locked."}, "kind": "control"}, 4),
    ("status", {"code": 200, "body": {"success": False}, "kind": "control", "after": True}, 4),
)


@dataclass
class Crowd:
    """`clicks` grows until `stop`, then the threads end. `webs`: the servers, any of which a press may go to."""

    provider: Witness
    webs: list[Web]
    watcher: Server
    seed: int
    machines: list[Machine] = field(default_factory=list)
    clicks: list[Click] = field(default_factory=list)
    kills: int = 0
    storms: int = 0
    failed: list[BaseException] = field(default_factory=list)
    pause: float = 0.1  # seconds at most between two presses of a visitor

    def __post_init__(self) -> None:
        self.stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._recent: list[tuple[Machine, str, str]] = []

    # Who and what ------------------------------------------------------------------------------------

    def give_machines(self, number: int, people: list[User]) -> None:
        """Machines that each of these people reads with a token of their own; one in ten ignores a shutdown."""
        project = self.provider.world.add_project()
        tokens: list[Token] = []
        for person in people:
            minted = self.provider.mint([project], name=person.username, calls_per_minute=0)
            tokens.append(give_token(person, secret=minted.token))
        for place in range(number):
            made = self.provider.add_machine(project, obeys=place % 10 != 3, on=place % 3 != 1)
            names = {"project": project, "product": made.product, "name": f"box-{place}"}
            machine = give_machine(tokens[0], machine=names)
            for token in tokens[1:]:
                give_access(token, machine)
            self.machines.append(machine)

    def begin(self, visitors: list[tuple[User, Visitor]], killing: float = 0.0) -> None:
        """Each visitor in a thread; with `killing` a process is killed every so many seconds."""
        for number, (person, visitor) in enumerate(visitors):
            self._run(self._wander, person, visitor, random.Random(f"{self.seed} {number}"))
        self._run(self._storm, random.Random(f"{self.seed} weather"))
        self._run(self._end_watches)
        if killing:
            self._run(self._kill, killing, random.Random(f"{self.seed} kills"))

    def end(self) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(60)
        self.provider.clear_faults()
        assert self.failed == []

    def _run(self, deed: Callable[..., None], *told: object) -> None:
        def run() -> None:
            try:
                deed(*told)
            except BaseException as error:  # noqa: BLE001  # handed over to the test's own thread
                self.failed.append(error)
            finally:
                connection.close()

        thread = threading.Thread(target=run, name=deed.__name__)
        self._threads.append(thread)
        thread.start()

    # Clicks ------------------------------------------------------------------------------------------

    def _wander(self, person: User, visitor: Visitor, chance: random.Random) -> None:
        while not self.stop.is_set():
            machine, command, nonce = self._choose(chance)
            web = chance.choice(self.webs)
            times = 2 if chance.random() < 0.15 else 1
            script = chance.random() < 0.8
            told = (person, visitor.at(web), machine, command, nonce, script)
            clicks = [threading.Thread(target=self._click, args=told) for _time in range(times)]
            for click in clicks:
                click.start()
            for click in clicks:
                click.join()
            self.stop.wait(chance.uniform(0, self.pause))

    def _choose(self, chance: random.Random) -> tuple[Machine, str, str]:
        """Mostly what makes sense, on a fresh page; else an old page's button again, or another button of it."""
        machine = chance.choice(self.machines)
        known = self.provider.machine(machine.product)
        command = chance.choice(SENSIBLE[known.booted is not None])
        if chance.random() < 0.2:
            command = chance.choice(COMMANDS)
        nonce = f"{chance.getrandbits(64):x}"
        if self._recent and chance.random() < 0.15:
            machine, before, nonce = chance.choice(self._recent[-50:])
            command = before if chance.random() < 0.7 else command
        self._recent.append((machine, command, nonce))
        return machine, command, nonce

    def _click(
        self, person: User, visitor: Visitor, machine: Machine, command: str, nonce: str, script: bool
    ) -> None:
        answer, began, came = "", time.time(), float("inf")
        with suppress(requests.RequestException):
            response = visitor.press(machine, command, nonce, **({"HX-Request": "true"} if script else {}))
            came = time.time()
            if response.status_code == 303:
                response = visitor.follow(response)
            answer = read_answer(response, command, machine.name)
        told = Click(person.username, machine.product, command, press_of(command, nonce), began, came, answer)
        self.clicks.append(told)

    # What goes on meanwhile --------------------------------------------------------------------------

    def _storm(self, chance: random.Random) -> None:
        while not self.stop.wait(chance.uniform(0.05, 0.4)):
            fault, fields, times = chance.choice(WEATHER)
            scope = (
                {"product": chance.choice(self.machines).product} if chance.random() < 0.3 and times else {}
            )
            number = self.provider.fault(fault, times=times or None, **fields, **scope)
            self.storms += 1
            self.stop.wait(chance.uniform(0.1, 0.5))
            self.provider.clear_faults(number)

    def _end_watches(self) -> None:
        while not self.stop.wait(0.5):
            end_the_watches(WATCHED_SECONDS)

    def _kill(self, every: float, chance: random.Random) -> None:
        while not self.stop.wait(chance.uniform(0.5 * every, 1.5 * every)):
            server: Server = chance.choice([*self.webs, self.watcher])
            server.kill()
            self.kills += 1
            server.start()

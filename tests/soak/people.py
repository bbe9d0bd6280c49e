"""Who uses the panel in a soak: viewers with an open board, and persons who press, while one in twenty fails."""

import random
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests
from django.contrib.auth.models import User

from tests.prove.crowd import WEATHER, Crowd
from tests.prove.web import Visitor
from vps.models import Machine

POLL_SECONDS = 2.0
PAGE_TURNS = 15  # polls until a viewer opens a whole page again
FAULTY = 20  # one machine in so many
WEATHER_SECONDS = 5.0
SINCE = re.compile(r'data-since="([^"]+)"')
MET_BY_ONE = [(fault, fields) for fault, fields, _times in WEATHER if fault != "refuse"]


class Presses(Crowd):
    """The crowd of `make prove` at a calmer pace. At any time one machine in twenty suffers a fault of its own."""

    def _storm(self, chance: random.Random) -> None:
        while not self.stop.is_set():
            sick = chance.sample(self.machines, max(1, len(self.machines) // FAULTY))
            numbers = [self._strike(machine, *chance.choice(MET_BY_ONE)) for machine in sick]
            self.stop.wait(WEATHER_SECONDS)
            for machine, number in zip(sick, numbers, strict=True):
                self.provider.clear_faults(number)
                self.struck[machine.product] = time.time()

    def _strike(self, machine: Machine, fault: str, fields: dict[str, Any]) -> int:
        self.storms += 1
        self.struck[machine.product] = time.time() + WEATHER_SECONDS
        return self.provider.fault(fault, product=machine.product, **fields)

    def _end_watches(self) -> None:
        """A watch takes its 90 seconds."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.struck: dict[str, float] = {}  # when a fault of the machine was last on


@dataclass
class Viewers:
    """Open boards that ask for news. `answers` counts what they were told by status; 0: no answer came."""

    url: str
    visitors: list[tuple[User, Visitor]]
    machines: list[Machine]
    answers: dict[int, int] = field(default_factory=dict)
    slowest: float = 0.0

    def __post_init__(self) -> None:
        self.stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._view, args=(visitor, random.Random(number)), name="viewer")
            for number, (_person, visitor) in enumerate(self.visitors)
        ]

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(60)

    def _view(self, visitor: Visitor, chance: random.Random) -> None:
        session = requests.Session()
        session.cookies.set("sessionid", visitor.session)
        while not self.stop.wait(chance.uniform(0, POLL_SECONDS)):
            since = self._since(self._get(session, "/"))
            for _poll in range(PAGE_TURNS):
                if self.stop.wait(POLL_SECONDS):
                    return
                since = self._since(self._get(session, "/cards/", since)) or since
            machine = chance.choice(self.machines)
            self._get(session, f"/machines/{machine.project}/{machine.product}/")

    def _since(self, page: str) -> str:
        found = SINCE.search(page)
        return found[1] if found else ""

    def _get(self, session: requests.Session, path: str, since: str = "") -> str:
        status, text, began = 0, "", time.monotonic()
        asked = {"since": since, "late": "0"} if since else {}
        headers = {"HX-Request": "true"} if path == "/cards/" else {}
        with suppress(requests.RequestException):
            answer = session.get(f"{self.url}{path}", params=asked, headers=headers, timeout=30)
            status, text = answer.status_code, answer.text
        with self._lock:
            self.answers[status] = self.answers.get(status, 0) + 1
            self.slowest = max(self.slowest, time.monotonic() - began)
        return text

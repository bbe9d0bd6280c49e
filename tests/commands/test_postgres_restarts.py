"""PostgreSQL is stopped as by a crash and started again, under a web server and a collector that go on.

Two times in the suite, twenty with PROVE=1. Each time six buttons are pressed as it goes down.
"""

import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.commands.processes import MANAGE, ROOT, Running, free_port, started
from tests.postgres_server import PostgresServer
from tests.services.collector_kit import PATIENCE, eventually
from tests.settings import TEST_ENVIRONMENT
from vps.simulator.server import Simulator

PROVE = os.environ.get("PROVE") == "1"
RESTARTS, PRESSES = (20, 6) if PROVE else (2, 6)
RECOVERED = 5.0 if PROVE else PATIENCE  # seconds: the suite shares its machine with others

FILL = """
import json, sys, django
django.setup()
from django.contrib.auth.models import User
from django.test import Client
from tests.rows import give_machine, give_token
told = json.load(sys.stdin)
anna = User.objects.create_user("anna")
token = give_token(anna, secret=told["token"])
for product in told["products"]:
    give_machine(token, machine={"project": told["project"], "product": product})
client = Client()
client.force_login(anna)
print(client.cookies["sessionid"].value)
"""


@dataclass
class Scene:
    server: PostgresServer
    provider: Simulator
    project: str
    fresh: list[str]  # machines of which no button was pressed
    url: str
    session: str
    began: float

    def press(self, product: str, answers: dict[str, int]) -> None:
        csrf = secrets.token_hex(16)
        answer = requests.post(
            f"{self.url}/machines/{self.project}/{product}/reboot/",
            data={"csrfmiddlewaretoken": csrf, "nonce": secrets.token_hex(8), "sure": "on"},
            cookies={"sessionid": self.session, "csrftoken": csrf},
            allow_redirects=False,
            timeout=PATIENCE,
        )
        answers[product] = answer.status_code

    def page(self) -> requests.Response:
        cookies = {"sessionid": self.session}
        return requests.get(f"{self.url}/cards/?since=0", cookies=cookies, timeout=PATIENCE)

    def heard(self) -> tuple[float, float]:
        """When the machines were heard of that were heard of last, and longest ago."""
        query = "SELECT extract(epoch FROM max(heard_at)), extract(epoch FROM min(heard_at)) FROM vps_status"
        ((newest, oldest),) = self.server.ask(query)
        return float(newest), float(oldest)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with PostgresServer() as server, Simulator(machines=0, calls_per_minute=0) as provider:
        project = provider.world.add_project()
        products = [provider.add_machine(project, on=True).product for _ in range(RESTARTS * PRESSES)]
        token = provider.mint([project], calls_per_minute=0).token
        provider.fault("latency", seconds=0.1, kind="control")
        port = free_port()
        ours = {"DATABASE_URL": server.url, "PUBLIC_URL": f"http://127.0.0.1:{port}", "DEBUG": "0"}
        ours |= {"VPS_API_URL": provider.api, "VPS_INTERVAL": "1", "VPS_CALLS_PER_MINUTE": "1000000"}
        environment = {**TEST_ENVIRONMENT, **ours, "PATH": os.environ["PATH"]}
        subprocess.run([*MANAGE, "migrate", "--verbosity", "0"], env=environment, check=True)
        told = {"token": token, "project": project, "products": products}
        began = time.time()
        session = subprocess.run(
            [sys.executable, "-c", FILL],
            cwd=ROOT,
            env=environment | {"TEST_DATABASE_URL": server.url, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            input=json.dumps(told),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.strip()
        command = [*MANAGE, "serve", "--bind", f"127.0.0.1:{port}", "--workers", "1"]
        with started(
            command, tmp_path, **ours, **{n: v for n, v in TEST_ENVIRONMENT.items() if n not in ours}
        ) as it:
            made = Scene(server, provider, project, products, ours["PUBLIC_URL"], session, began)
            eventually(lambda: is_up(made, it), "the panel answers, and the collector collects")
            yield made
            assert it.end() == 0


def is_up(scene: Scene, running: Running | None = None) -> bool:
    assert running is None or running.process.poll() is None, running.printed
    try:
        return requests.get(f"{scene.url}/readyz", timeout=PATIENCE).ok
    except requests.ConnectionError:
        return False


def crash(scene: Scene, sent: int) -> tuple[float, dict[str, int]]:
    """One crash with presses under way, of which the provider has so many by then: how many seconds after its return
    all was well, and what was answered."""
    answers: dict[str, int] = {}
    wanted = scene.provider.calls.count("control") + sent
    pressing = [
        threading.Thread(target=scene.press, args=(scene.fresh.pop(), answers)) for _ in range(PRESSES)
    ]
    for thread in pressing:
        thread.start()
    eventually(lambda: scene.provider.calls.count("control") >= wanted, "so many have come to the provider")
    scene.server.stop()
    for thread in pressing:
        thread.join()
    told = scene.page()
    assert (told.status_code, told.headers["Retry-After"]) == (503, "5")
    assert "cannot reach its database" in told.text
    assert requests.get(f"{scene.url}/healthz", timeout=PATIENCE).ok
    assert "database" in requests.get(f"{scene.url}/readyz", timeout=PATIENCE).text
    scene.server.start()
    back, at = time.monotonic(), time.time()
    assert scene.page().status_code in (200, 204)  # at once: no connection from before is used
    eventually(lambda: scene.heard()[0] > at, "the collector writes again", RECOVERED)
    took = time.monotonic() - back
    eventually(lambda: scene.heard()[1] > at, "every machine is heard of again")
    return took, answers


def test_no_write_is_lost_or_doubled_pages_say_the_truth_and_all_goes_on(scene: Scene) -> None:
    took: list[float] = []
    answered: dict[str, int] = {}
    pressed = scene.fresh[-RESTARTS * PRESSES :]
    for number in range(RESTARTS):
        seconds, answers = crash(scene, (3 * number + 2) % (PRESSES + 1))
        took.append(seconds)
        answered |= answers
    assert set(answered.values()) <= {302, 303, 503}
    rows = dict.fromkeys(pressed, "")
    written = scene.server.ask(
        "SELECT m.product, a.state FROM vps_poweraction a JOIN vps_machine m ON m.id = a.machine_id"
    )
    assert len(written) == len({product for product, _state in written})
    rows |= dict(written)
    for product, state in rows.items():
        received = scene.provider.calls.count("control", product)
        assert received <= (1 if state else 0), f"{product} was sent without a row, or twice"
        assert answered[product] == 503 or state, f"{product} was acknowledged, and no row is left"
        if state in ("succeeded", "failed"):
            assert received == (state == "succeeded"), f"{product} is said to have {state}"
    # each second of a machine is in its history once: what was written twice would be there twice
    ((most, least),) = scene.server.ask(
        "SELECT max(told), min(told) FROM "
        "(SELECT sum(up + down + unknown) AS told FROM vps_sample GROUP BY machine_id) AS each"
    )
    passed = time.time() - scene.began + 2  # the machines were heard of 2 s before that
    assert passed - 10 < least <= most <= passed + 1
    if PROVE:
        print(Counter(answered.values()), Counter(rows.values()))  # noqa: T201
        print(f"{RESTARTS} crashes; all was well {max(took):.1f} s after each at the latest")  # noqa: T201

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from vps.management.commands.serve import collect_command, web_command
from vps.models import Token
from vps.services.cast import CAST, make_lead, make_teams
from vps.services.keeper import Child, Keeper
from vps.services.past import all_asked, invent_past
from vps.services.rotation import make_key
from vps.services.tokens import Secret, add_token

HOST = "127.0.0.1"
START_SECONDS = 30.0
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONUNBUFFERED")


class Command(BaseCommand):
    help = "Starts the panel on a simulated provider, with a database of its own, new at each start."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="tried first; any other if it is not free")
        parser.add_argument("--machines", type=int, default=24, help="how many the simulated provider has")
        parser.add_argument("--console", choices=["text", "qemu"], default="text")
        parser.add_argument(
            "--fill", metavar="FOLDER", help="used by the demo itself: adds its people and tokens"
        )

        parser.add_argument(
            "--past", metavar="FOLDER", help="used by the demo itself: invents 90 days of history"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["fill"]:
            fill(Path(options["fill"]))
            return
        if options["past"]:
            invent(Path(options["past"]))
            return
        home = settings.BASE_DIR / "var" / "demo"
        home.mkdir(parents=True, exist_ok=True)
        os.chdir(settings.BASE_DIR)  # where the children's programs are, wherever this one was typed
        with TemporaryDirectory(dir=home) as folder, Keeper() as keeper:
            keeper.obey_signals()
            self.start(keeper, Path(folder), options["port"], options["machines"], options["console"])

    def start(self, keeper: Keeper, folder: Path, port: int, machines: int, console: str) -> None:
        self.stderr.write("Starting the demo …")
        password = make_secrets(folder)
        provider = folder / "provider.json"
        simulator = [
            sys.executable,
            "-m",
            "vps.simulator",
            "--demo",
            "--machines",
            str(machines),
            "--console",
            console,
        ]
        keeper.add(
            Child(
                "simulator", [*simulator, "--port", "0", "--announce", str(provider)], kept=False, quiet=True
            )
        )
        wait_for(keeper, provider.exists, "the simulated provider")
        if keeper.stop.is_set():
            return
        bind = f"{HOST}:{free_port(port)}"
        environment = child_environment(folder, bind, json.loads(provider.read_text()))
        for work in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput", "--verbosity", "0"]):
            run(keeper, [*environment, sys.executable, "manage.py", *work])
        run(keeper, [*environment, sys.executable, "manage.py", "demo", "--fill", str(folder)])
        keeper.add(Child("collector", [*environment, *collect_command()]))
        keeper.add(Child("web", [*environment, *web_command(bind, 1)]))
        wait_for(keeper, lambda: answers(bind), "the web server")
        if not keeper.stop.is_set():
            people = "\n                   ".join(f"{part.name:6}{part.told}" for part in CAST)
            self.stdout.write(f"\nThe demo runs. Open    http://{bind}/\nSign in as         {people}")
            self.stdout.write(f"with the password  {password}\nCtrl-C ends it.\n")
            self.stdout.flush()
        past = [*environment, sys.executable, "manage.py", "demo", "--past", str(folder)]
        keeper.add(Child("history", past, once=True))
        keeper.run()


def make_secrets(folder: Path) -> str:
    """New secrets in files of the demo's own folder; returns the password of its people."""
    password = secrets.token_urlsafe(9)
    for name, value in {
        "password": password,
        "secret_key": secrets.token_urlsafe(48),
        "token_keys": make_key(),
    }.items():
        (folder / name).write_text(value, encoding="utf-8")
    return password


def child_environment(folder: Path, bind: str, provider: dict[str, str]) -> list[str]:
    """A command prefix that gives a process the demo's settings and no others, whatever this terminal has set.

    Only the collected static files are shared with a real panel of this checkout: they are the same.
    """
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    told = {
        "SECRET_KEY_FILE": folder / "secret_key",
        "TOKEN_KEYS_FILE": folder / "token_keys",
        "DATABASE_URL": f"sqlite:///{folder / 'dashboard.sqlite3'}",
        "PUBLIC_URL": f"http://{bind}",
        "VPS_API_URL": provider["api"],
        "VPS_CONSOLE_URL": provider["console"],
    }
    return ["env", "-i", *(f"{name}={value}" for name, value in (kept | told).items())]


def run(keeper: Keeper, command: list[str]) -> None:
    if keeper.stop.is_set():
        return
    # in a session of its own, as the keeper's children: a Ctrl-C does not cut it off in the middle
    done = subprocess.run(command, check=False, start_new_session=True)  # noqa: S603  # our own commands
    if done.returncode and not keeper.stop.is_set():
        raise CommandError("The demo could not be set up; what failed is said above.")


def wait_for(keeper: Keeper, ready: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready() and not keeper.stop.wait(0.05):
        ended = any(
            child.process is not None and child.process.poll() is not None for child in keeper.children
        )
        if ended or time.monotonic() > deadline:
            raise CommandError(f"The demo could not be started: {what} did not come up.")


def free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CommandError("There is no free port for the demo.")


def answers(bind: str) -> bool:
    host, _colon, port = bind.partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def fill(folder: Path) -> None:
    """The demo's people, with the tokens that the simulated provider gave for it; the first of them is shared."""
    given = json.loads((folder / "provider.json").read_text())["demo"]
    person = make_lead((folder / "password").read_text())
    saved = [add(person, token) for token in given]
    make_teams(person, saved[0], *given[0]["projects"])


def add(person: User, given: dict[str, Any]) -> Token:
    hands = [(given["projects"][0], given["hand"])] if given["hand"] else []
    outcome = add_token(
        person, name=given["name"], secret=Secret(given["token"]), projects=given["projects"], hands=hands
    )
    if not outcome.saved:
        raise CommandError(f"The demo's token “{given['name']}” did not work.")
    return Token.objects.get(owner=person, name=given["name"])


def invent(folder: Path) -> None:
    """A past for the demo's machines; never for those of any other database than the demo's own."""
    if Path(settings.DATABASES["default"]["NAME"]).resolve().parent != folder.resolve():
        raise CommandError("History is invented in the demo's own database alone.")
    deadline = time.monotonic() + START_SECONDS
    while not all_asked() and time.monotonic() < deadline:
        time.sleep(0.2)
    invent_past(timezone.now())

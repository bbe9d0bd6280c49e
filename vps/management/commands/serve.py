import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from vps.services.keeper import Child, Keeper

# seconds: longer than the two between the polls of a board, each of which would else open a connection
KEEP_ALIVE = "65"


class Command(BaseCommand):
    help = "Runs the panel on this machine: web server and collectors, kept running until this command ends."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8000", help="address and port of the web server")
        parser.add_argument("--workers", type=whole(1, 64), default=2, help="processes of the web server")
        parser.add_argument(
            "--collectors", type=whole(0, 16), default=1, help="collectors; 0 where others run elsewhere"
        )

    def handle(self, *args: Any, bind: str, workers: int, collectors: int, **options: Any) -> None:
        os.chdir(settings.BASE_DIR)  # where the children's programs are, wherever this one was typed
        with Keeper() as keeper:
            keeper.obey_signals()
            keeper.add(Child("web", web_command(bind, workers)))
            for number in range(collectors):
                keeper.add(Child(f"collector {number + 1}" if number else "collector", collect_command()))
            keeper.run()


def whole(least: int, most: int) -> Callable[[str], int]:
    def read(typed: str) -> int:
        if not typed.isascii() or not typed.isdecimal() or not least <= int(typed) <= most:
            raise ArgumentTypeError(f"a whole number from {least} to {most}")
        return int(typed)

    return read


def web_command(bind: str, workers: int) -> list[str]:
    """gunicorn believes no forwarded header itself: the settings say which are believed. Its access log would hold
    query strings; the panel's own log has a line for each request."""
    gunicorn = [sys.executable, "-m", "gunicorn", "dashboard.wsgi", "--bind", bind, "--workers", str(workers)]
    threads = ["--threads", "8", "--worker-class", "gthread"]
    times = ["--keep-alive", KEEP_ALIVE, "--graceful-timeout", "10"]
    return [*gunicorn, *threads, *times, "--no-control-socket", "--forwarded-allow-ips", ""]


def collect_command() -> list[str]:
    return [sys.executable, "manage.py", "collect"]

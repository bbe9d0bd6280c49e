import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from vps.services.keeper import Child, Keeper


class Command(BaseCommand):
    help = "Runs the panel on this machine: the web server and the collector, kept running until this command ends."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8000", help="address and port of the web server")
        parser.add_argument("--workers", type=int, default=2, help="processes of the web server")

    def handle(self, *args: Any, bind: str, workers: int, **options: Any) -> None:
        os.chdir(settings.BASE_DIR)  # where the children's programs are, wherever this one was typed
        with Keeper() as keeper:
            keeper.obey_signals()
            keeper.add(Child("web", web_command(bind, workers)))
            keeper.add(Child("collector", collect_command()))
            keeper.run()


def web_command(bind: str, workers: int) -> list[str]:
    """gunicorn believes no forwarded header itself: the settings say which are believed. Its access log would hold
    query strings; the panel's own log has a line for each request."""
    gunicorn = [sys.executable, "-m", "gunicorn", "dashboard.wsgi", "--bind", bind, "--workers", str(workers)]
    threads = ["--threads", "8", "--worker-class", "gthread"]
    return [*gunicorn, *threads, "--no-control-socket", "--forwarded-allow-ips", ""]


def collect_command() -> list[str]:
    return [sys.executable, "manage.py", "collect"]

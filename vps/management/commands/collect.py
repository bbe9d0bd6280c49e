import signal
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from vps.services.collection import Collector
from vps.services.patience import be_impatient


class Command(BaseCommand):
    help = "Asks the provider about every machine, again and again, until it is told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="ask each machine one time, then end")

    def handle(self, *args: Any, once: bool = False, **options: Any) -> None:
        be_impatient()
        collector = Collector()

        def stop(number: int, frame: FrameType | None) -> None:
            collector.stop.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        if once:
            collector.run_once()
        else:
            collector.run()

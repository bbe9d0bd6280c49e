"""A protected machine asks for its name, so that nobody acts on another one than they mean."""

from vps.models import Machine
from vps.services.cards import described


class NameNeeded(Exception):
    """A protected machine was to be acted on, and its name was not typed."""


def name_of(machine: Machine) -> str:
    """What one of `access.visible_machines` is called to this person."""
    return described(machine).name or machine.product


def check_name(machine: Machine, typed: str) -> None:
    """Raises NameNeeded unless the machine is not protected, or its name was typed; its id does as well, as names may
    hold letters that nobody can type."""
    if machine.protected and _plain(typed) not in (_plain(name_of(machine)), machine.product):
        raise NameNeeded


def _plain(text: str) -> str:
    """As a page shows it, which makes one space of several."""
    return " ".join(text.split())

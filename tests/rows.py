"""Rows for tests in a line each, as the provider's answers would have made them. No provider is asked."""

import secrets
import uuid
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from vps.models import Access, Machine, Member, PowerAction, Role, Share, Status, Team, Token

numbers = count(1)


def give_token(owner: User, name: str = "", secret: str = "", **fields: Any) -> Token:
    """A stored token, as if it had been added."""
    token = Token(owner=owner, name=name or f"Token {next(numbers)}", **fields)
    token.seal(secret or f"key_{secrets.token_urlsafe(24)}")
    token.save(force_insert=True)
    return token


def give_machine(
    token: Token | None = None,
    *,
    machine: dict[str, Any] | None = None,
    access: dict[str, Any] | None = None,
    **fields: Any,
) -> Machine:
    """A machine heard of 2 s ago, running, which the token reads. `fields` are those of Status, `machine` holds
    fields of Machine, `access` those of Access."""
    number = next(numbers)
    names = {"project": "prj-1", "product": f"vm-{number}", "name": f"web-{number:05d}"} | (machine or {})
    made = Machine.objects.create(**names)
    Status.objects.create(machine=made, **(heard(timezone.now() - timedelta(seconds=2)) | fields))
    if token is not None:
        give_access(token, made, **(access or {}))
    return made


def give_access(token: Token, machine: Machine, **fields: Any) -> Access:
    fields = {"how": Access.How.LISTED, "proved_at": timezone.now()} | fields
    return Access.objects.create(token=token, machine=machine, **fields)


def give_action(machine: Machine, person: User, command: str = "reboot", **fields: Any) -> PowerAction:
    """The newest action of a machine: accepted a second ago, and watched. `fields` are those of PowerAction."""
    sent = timezone.now() - timedelta(seconds=1)
    unanswered = fields.get("state") in ("requested", "sent")
    usual: dict[str, Any] = {
        "person": person,
        "person_name": person.get_username(),
        "token_id": uuid.uuid4(),
        "token_name": "Mine",
        "command": command,
        "state": PowerAction.State.SUCCEEDED,
        "nonce": secrets.token_urlsafe(16),
        "requested_at": sent,
        "sent_at": sent,
        "answered_at": None if unanswered else sent,
        "watch_until": sent + timedelta(seconds=90),
    }
    action = PowerAction.objects.create(machine=machine, **(usual | fields))
    Status.objects.filter(machine=machine).update(last_action=action)
    return action


def heard(at: datetime, interval: float = 10.0) -> dict[str, Any]:
    """The fields of a status that was read at that moment: running, and on time."""
    due = at + timedelta(seconds=interval)
    return {
        "word": "running",
        "since": at - timedelta(hours=1),
        "heard_at": at,
        "checked_at": at,
        "due_at": due,
        "late_at": due + timedelta(seconds=interval),
        "interval": interval,
        "booted_at": at - timedelta(hours=1),
        "cpu": 15,
        "memory": 50,
        "disk": 20,
        "agent": True,
        "version": "7.2.0",
        "cpus": 2,
        "memory_total": 1024.0,
        "maxdisk": 25_000_000_000,
    }


def give_team(name: str = "Ops", **people: User | list[User]) -> Team:
    """A team with these members, by role: give_team(admin=anna, viewer=[ben])."""
    team = Team.objects.create(name=name)
    for role, who in people.items():
        for person in who if isinstance(who, list) else [who]:
            Member.objects.create(team=team, person=person, role=Role[role.upper()])
    return team


def give_share(token: Token, team: Team, project: str = "prj-1") -> Share:
    """A project of a token, opened to a team by its owner, who is a viewer there if they were no member."""
    member, _new = Member.objects.get_or_create(
        team=team, person_id=token.owner_id, defaults={"role": Role.VIEWER}
    )
    return Share.objects.create(token=token, project=project, team=team, member=member)

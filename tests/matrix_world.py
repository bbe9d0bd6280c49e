"""The world of the authorization matrix: twelve people, one machine, and something of each kind of row.

What is new at an address needs a line in `ids` (what stands in the address) and, for a POST, in `typed`.
"""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from allauth.account.internal.flows import login
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone

from tests.factor_rows import give_app, give_codes, give_passkey
from tests.matrix_typed import typed
from tests.rows import give_access, give_machine, give_token
from vps.models import (
    Access,
    Bulk,
    BulkItem,
    CollectorBeat,
    ConsoleSession,
    Invitation,
    Machine,
    Member,
    Role,
    Share,
    SigninLink,
    Status,
    Team,
    Token,
    TokenProject,
    WallLink,
)
from vps.services.link_keys import hash_of

GROUPS = (
    ("anonymous",),
    ("stranger", "other_admin", "removed"),
    ("disabled",),
    ("viewer", "operator", "admin", "owner", "installer"),
    ("wall", "revoked"),
)
PEOPLE = tuple(person for group in GROUPS for person in group)
NOT_SIGNED_IN = ("anonymous", "wall", "revoked")
SIGNIN_KEY = "signin" * 7
WALL_KEY, REVOKED_KEY = f"{'wall' * 10}_on", f"{'wall' * 10}off"
INVITE_KEY = f"{'invite' * 7}_"


@dataclass
class World:
    """`ids`: what an address may name, by the name in its pattern; `ids_of`: likewise, for one URL alone, by its name;
    `foreign`: somebody else's of each; `typed`: what is posted, by the URL's name."""

    people: dict[str, User] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)
    ids: dict[str, object] = field(default_factory=dict)
    ids_of: dict[str, dict[str, object]] = field(default_factory=dict)
    foreign: dict[str, object] = field(default_factory=dict)
    typed: dict[str, dict[str, Any]] = field(default_factory=dict)


def give_world() -> World:
    world = World()
    for name in PEOPLE:
        if name not in NOT_SIGNED_IN:
            world.people[name] = User.objects.create(username=name, email=f"{name}@example.org")
    _give_teams(world)
    _give_machines(world)
    _give_own(world)
    _sign_in(world)
    _name(world)
    return world


def _give_teams(world: World) -> None:
    people, rows = world.people, world.rows
    rows["team"], rows["other_team"] = Team.objects.create(name="Shop"), Team.objects.create(name="Office")
    roles = {"viewer": Role.VIEWER, "operator": Role.OPERATOR, "admin": Role.ADMIN, "owner": Role.VIEWER}
    for name, role in (roles | {"disabled": Role.ADMIN}).items():
        rows[f"{name}_member"] = Member.objects.create(team=rows["team"], person=people[name], role=role)
    rows["other_member"] = Member.objects.create(
        team=rows["other_team"], person=people["other_admin"], role=Role.ADMIN
    )


def _give_machines(world: World) -> None:
    """One that the owner's token reads, shared with the team; a stranger's and another team's; and what the person who
    was disabled could do with a token of their own."""
    people, rows = world.people, world.rows
    rows["token"] = _token(people["owner"], "prj-1")
    rows["machine"] = give_machine(
        rows["token"], machine={"product": "vm-shared", "name": "shared-web-01", "ipv4": "203.0.113.77"}
    )
    TokenProject.objects.create(token=rows["token"], project="prj-2", how="listed", checked_at=timezone.now())
    share = {"token": rows["token"], "project": "prj-1", "team": rows["team"]}
    rows["share"] = Share.objects.create(member=rows["owner_member"], **share)
    for name in ("stranger", "other_admin"):
        rows[f"{name}_token"] = _token(people[name], f"prj-{name}")
        machine = {"project": f"prj-{name}", "product": f"vm-{name}", "name": name}
        rows[f"{name}_machine"] = give_machine(rows[f"{name}_token"], machine=machine)
    other = {"token": rows["other_admin_token"], "project": "prj-other_admin", "team": rows["other_team"]}
    rows["other_share"] = Share.objects.create(member=rows["other_member"], **other)
    give_access(_token(people["disabled"], "prj-1"), rows["machine"], how=Access.How.HAND)
    later = timezone.now() + timedelta(hours=1)  # none is late, however slow this machine is
    Status.objects.update(due_at=later, late_at=later)


def _token(owner: User, project: str) -> Token:
    token = give_token(owner, name=f"of {owner.username}")
    TokenProject.objects.create(token=token, project=project, how="listed", checked_at=timezone.now())
    return token


def _give_own(world: World) -> None:
    """What is the owner's alone, though it is about the shared machine."""
    owner, machine, now = world.people["owner"], world.rows["machine"], timezone.now()
    bulk = Bulk.objects.create(person=owner, command="reboot", made_at=now, confirmed_at=now)
    # what waits is pressed in threads, which see nothing of a test that is not committed
    BulkItem.objects.create(bulk=bulk, machine=machine, place=0, state=BulkItem.State.LEFT_OUT, reason="gone")
    world.rows["bulk"] = bulk
    world.rows["console"] = give_stay(owner, machine, world.rows["token"])
    world.rows["console_of_removed"] = give_stay(world.people["removed"], machine, world.rows["token"])
    elsewhere = give_machine(world.rows["token"], machine={"product": "vm-elsewhere"})
    world.rows["console_elsewhere"] = give_stay(owner, elsewhere, world.rows["token"])
    CollectorBeat.objects.create(at=now + timedelta(hours=1))  # however slow this machine is
    until = now + timedelta(days=1)
    SigninLink.objects.create(person=owner, key_hash=hash_of(SIGNIN_KEY), expires_at=until)
    invited = {"team": world.rows["team"], "role": Role.ADMIN, "expires_at": until}
    world.rows["invitation"] = Invitation.objects.create(
        **invited, made_by=world.people["admin"], key_hash=hash_of(INVITE_KEY)
    )
    other = {"team": world.rows["other_team"], "role": Role.ADMIN, "expires_at": until}
    world.rows["other_invitation"] = Invitation.objects.create(**other, key_hash="other")
    _give_walls(world)
    give_app(owner)
    give_codes(owner)
    for name in ("owner", "stranger"):
        world.rows[f"passkey_of_{name}"] = give_passkey(world.people[name])
        world.rows[f"session_of_{name}"] = give_session(world.people[name])


def _give_walls(world: World) -> None:
    team, other, now = world.rows["team"], world.rows["other_team"], timezone.now()
    seen = {"seen_at": now + timedelta(hours=1)}  # that it is seen again is not written for an hour
    world.rows["wall"] = WallLink.objects.create(team=team, name="on", key_hash=hash_of(WALL_KEY), **seen)
    WallLink.objects.create(team=team, name="off", key_hash=hash_of(REVOKED_KEY), **seen)
    world.rows["other_wall"] = WallLink.objects.create(team=other, name="other", key_hash="other")


def give_session(person: User) -> UserSession:
    """In another browser."""
    session = SessionStore()
    session.create()
    return UserSession.objects.create(user=person, ip="192.0.2.1", session_key=session.session_key)


def give_stay(person: User, machine: Machine, token: Token) -> ConsoleSession:
    now = timezone.now()
    told = {"person_name": person.username, "token_id": token.pk, "token_name": token.name}
    return ConsoleSession.objects.create(machine=machine, person=person, opened_at=now, seen_at=now, **told)


def _sign_in(world: World) -> None:
    for name in PEOPLE:
        world.clients[name] = Client(raise_request_exception=False)
        if name in world.people:
            world.clients[name].force_login(world.people[name])
            confirm(world.clients[name], at=time.time())
    world.clients["wall"].get(f"/wall/{WALL_KEY}/")
    world.clients["revoked"].get(f"/wall/{REVOKED_KEY}/")
    WallLink.objects.filter(name="off").update(revoked_at=timezone.now())
    User.objects.filter(pk=world.people["disabled"].pk).update(is_active=False)
    User.objects.filter(pk=world.people["installer"].pk).update(is_superuser=True)


def confirm(client: Client, at: float) -> None:
    """They said then who they are."""
    session = client.session
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": at}]
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = session["_auth_user_id"]
    session.save()


def _name(world: World) -> None:
    rows, machine = world.rows, world.rows["machine"]
    world.ids = {
        "project": machine.project,
        "product": machine.product,
        "session": rows["console"].pk,
        "bulk_id": rows["bulk"].pk,
        "token_id": rows["token"].pk,
        "number": rows["session_of_owner"].pk,
        "person_id": world.people["stranger"].pk,
        "pk": rows["passkey_of_owner"].pk,
        "team_id": rows["team"].pk,
        "member_id": rows["viewer_member"].pk,
        "invitation_id": rows["invitation"].pk,
        "share_id": rows["share"].pk,
        "wall_id": rows["wall"].pk,
    }
    bulk = Bulk.objects.create(person=world.people["stranger"], command="reboot", made_at=timezone.now())
    world.foreign = {
        "project": "prj-stranger",
        "product": "vm-stranger",
        "session": rows["console_of_removed"].pk,
        "bulk_id": bulk.pk,
        "token_id": rows["stranger_token"].pk,
        "number": rows["session_of_stranger"].pk,
        "person_id": 0,  # an admin of the installation may name everybody
        "key": f"{'unknown' * 6}_",
        "pk": rows["passkey_of_stranger"].pk,
        "team_id": rows["other_team"].pk,
        "member_id": rows["other_member"].pk,
        "invitation_id": rows["other_invitation"].pk,
        "share_id": rows["other_share"].pk,
        "wall_id": rows["other_wall"].pk,
    }
    world.ids_of = {
        "signin_link": {"key": SIGNIN_KEY},
        "team_join_key": {"key": INVITE_KEY},
        "wall_key": {"key": WALL_KEY},
    }
    world.typed = typed(rows)

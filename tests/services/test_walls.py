"""Wall links: what a team's screen shows, to whom it is given, and how it ends."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from tests.rows import give_machine, give_share, give_team, give_token
from tests.shares_kit import cleo
from vps.access.walls import wall_machines
from vps.models import AuditEvent, CollectorBeat, Interest, Machine, Member, Share, Team, Token, WallLink
from vps.services.wall import MOST, poll_wall, show_wall
from vps.services.walls import NameTaken, find_wall, hash_of, list_walls, make_wall, open_wall, revoke_wall

__all__ = ["cleo"]
pytestmark = pytest.mark.django_db
LATER = timezone.now() + timedelta(hours=3)
ON_TIME: dict[str, Any] = {"late_at": LATER, "due_at": LATER}


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


@pytest.fixture
def team(anna: User, ben: User, token: Token) -> Team:
    CollectorBeat.objects.create(at=timezone.now())
    team = give_team(admin=anna, operator=ben)
    give_share(token, team)
    return team


@pytest.fixture
def wall(team: Team, anna: User) -> WallLink:
    make_wall(anna, team.pk, "Kitchen")
    return WallLink.objects.get()


def machines(token: Token, n: int, **fields: Any) -> list[Machine]:
    return [give_machine(token, **(ON_TIME | fields)) for _ in range(n)]


# Who makes and revokes one -----------------------------------------------------------------------


def test_an_admin_makes_one_whose_key_is_stored_nowhere(team: Team, anna: User) -> None:
    link = make_wall(anna, team.pk, "Kitchen").reveal()
    key = link.rstrip("/").rpartition("/")[2]
    wall = open_wall(hash_of(key))
    assert (wall.name, wall.team, list(list_walls(anna, team.pk))) == ("Kitchen", team, [wall])
    assert key not in repr(WallLink.objects.values().get()) + repr(AuditEvent.objects.values().get())
    with pytest.raises(NameTaken):
        make_wall(anna, team.pk, "Kitchen")


def test_others_may_not_and_strangers_find_nothing(
    team: Team, wall: WallLink, ben: User, cleo: User, person: Callable[..., User]
) -> None:
    root = person("root", is_superuser=True)
    for act in (
        lambda user: make_wall(user, team.pk, "Hall"),
        lambda user: list_walls(user, team.pk),
        lambda user: revoke_wall(user, team.pk, wall.pk),
    ):
        for user in (ben, root):
            with pytest.raises(PermissionDenied):
                act(user)
        with pytest.raises(Http404):
            act(cleo)
    assert WallLink.objects.filter(revoked_at=None).count() == 1


def test_another_teams_link_is_not_revoked_through_ones_own(wall: WallLink, cleo: User) -> None:
    own = give_team(name="Others", admin=cleo)
    for act in (find_wall, revoke_wall):
        with pytest.raises(Http404):
            act(cleo, own.pk, wall.pk)


def test_a_revoked_one_shows_nothing(wall: WallLink, team: Team, token: Token, anna: User) -> None:
    machines(token, 2)
    assert wall_machines(wall).count() == 2
    revoke_wall(anna, team.pk, wall.pk)
    assert wall_machines(wall).count() == 0
    assert open_wall(wall.key_hash).revoked_at is not None
    assert list(AuditEvent.objects.order_by("pk").values_list("code", flat=True)) == [
        "wall.made",
        "wall.revoked",
    ]
    make_wall(anna, team.pk, "Kitchen")  # the name is free again


# What it shows -----------------------------------------------------------------------------------

ENDS: dict[str, Callable[[User], object]] = {
    "the share is withdrawn": lambda anna: Share.objects.all().delete(),
    "the owner left": lambda anna: Member.objects.filter(person=anna).delete(),
    "the owner is disabled": lambda anna: User.objects.filter(pk=anna.pk).update(is_active=False),
}


@pytest.mark.parametrize("how", ENDS)
def test_what_is_shared_no_longer_is_not_shown(how: str, wall: WallLink, token: Token, anna: User) -> None:
    machines(token, 1)
    before = show_wall(wall)
    ENDS[how](anna)
    _overdue, now = poll_wall(wall, before.version)
    assert now is not None
    assert now.tiles == ()


def test_it_shows_the_teams_projects_alone(wall: WallLink, token: Token, ben: User) -> None:
    [shared] = machines(token, 1)
    give_machine(token, machine={"project": "prj-2"}, **ON_TIME)
    give_machine(give_token(ben), **ON_TIME)
    assert [tile.name for tile in show_wall(wall).tiles] == [shared.name]


def test_problems_come_first_and_the_rest_is_counted(wall: WallLink, token: Token) -> None:
    machines(token, MOST + 5)
    machines(token, 1, word="stopped")
    [bad] = machines(token, 1, problem="unreachable", reason="timeout")
    shown = show_wall(wall)
    assert (shown.tiles[0].id, len(shown.tiles), shown.more) == (bad.pk, MOST, 7)
    assert (shown.machines, shown.running, shown.stopped, shown.problems) == (67, 65, 1, 1)
    assert shown.columns == 9


def test_a_late_collector_is_said_and_nothing_is_green(wall: WallLink, token: Token) -> None:
    give_machine(
        token, due_at=timezone.now() - timedelta(minutes=9), late_at=timezone.now() - timedelta(minutes=8)
    )
    shown = show_wall(wall)
    assert (shown.late, shown.running, shown.tiles[0].tone, shown.tiles[0].stale) == (True, 0, "off", True)
    assert shown.overdue_since is not None


def test_a_poll_is_answered_when_something_changed_and_only_then(wall: WallLink, token: Token) -> None:
    [machine] = machines(token, 1)
    version = show_wall(wall).version
    assert poll_wall(wall, version)[1] is None
    machine.status.revision += 1
    machine.status.word = "stopped"
    machine.status.save()
    _overdue, now = poll_wall(wall, version)
    assert now is not None
    assert now.tiles[0].word == "Stopped"


def test_its_machines_are_watched(wall: WallLink, token: Token) -> None:
    [machine] = machines(token, 1)
    poll_wall(wall, "")
    row = Interest.objects.get()
    assert (row.wall, row.person, row.machines) == (wall, None, [machine.pk])


def test_when_it_was_seen_is_right_to_a_minute(wall: WallLink) -> None:
    first = open_wall(wall.key_hash).seen_at
    open_wall(wall.key_hash)
    wall.refresh_from_db()
    assert first is None
    assert wall.seen_at is not None
    again = wall.seen_at
    open_wall(wall.key_hash)
    wall.refresh_from_db()
    assert wall.seen_at == again


def test_a_machine_that_no_token_reads_now_is_shown_as_refused(wall: WallLink, token: Token) -> None:
    machines(token, 1)
    Token.objects.update(refused_at=timezone.now())
    [tile] = show_wall(wall).tiles
    assert (tile.state, "Its owner can replace it" in str(tile.sentence)) == ("refused", True)

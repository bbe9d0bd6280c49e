"""People: created, disabled, enabled, helped back in, and made admins of the installation. By such an admin or by a
command. What is refused is refused in words (PermissionDenied); for everybody else there are no people (Http404)."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from vps import access
from vps.access import SHELL, Keeper, Shell
from vps.models import Share, SigninLink
from vps.services.audit import Code, record
from vps.services.factors import forget_factors as forget
from vps.services.link_keys import Secret
from vps.services.people_rows import PersonRow, get_person, list_people
from vps.services.sessions import end_sessions
from vps.services.signin_links import make_link

__all__ = [
    "SHELL",
    "NameTaken",
    "PersonRow",
    "create_person",
    "disable_person",
    "enable_person",
    "find_person",
    "get_person",
    "give_admin",
    "list_people",
    "reset_person",
    "take_admin",
    "teams_that_need",
]


class NameTaken(Exception):
    """Somebody signs in by that already. `field`: "name" or "email"."""

    def __init__(self, field: str) -> None:
        self.field = field


def find_person(by: Keeper, name: str) -> User:
    """By the user name. Raises Http404, User.DoesNotExist."""
    return access.visible_people(by).get(username=name)


@transaction.atomic
def create_person(by: Keeper, name: str, email: str = "") -> tuple[User, Secret]:
    """Somebody who sets their password by the link that comes with them. Raises NameTaken."""
    access.lock_admins(by)
    name = User.normalize_username(name)  # as it will be stored
    email = email.lower()  # as the sign-in looks for it
    for field, typed in (("name", name), ("email", email)):
        if typed and User.objects.filter(Q(username__iexact=typed) | Q(email__iexact=typed)).exists():
            raise NameTaken(field)
    person = User.objects.create_user(name, email)
    record(Code.PERSON_CREATED, person=_acting(by), who=person.username)
    return person, make_link(by, person)


@transaction.atomic
def disable_person(by: Keeper, person_id: int) -> None:
    """Out at the next request, everywhere; their tokens rest, and their shares are withdrawn for good. What they
    pressed goes on."""
    person = access.lock_person(by, person_id)
    _not_oneself(by, person, _("You cannot disable yourself."))
    if not person.is_active:
        return
    _not_the_last(person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    SigninLink.objects.filter(person_id=person.pk).delete()
    shares = withdraw_all(by, person)
    ended = end_sessions(person)
    record(Code.PERSON_DISABLED, person=_acting(by), who=person.username, sessions=ended, shares=shares)


@transaction.atomic
def enable_person(by: Keeper, person_id: int) -> None:
    """They may sign in as before, and their tokens are used again. Shares do not come back, not even one that a request
    of theirs, begun before they were disabled, opened after it."""
    person = access.lock_person(by, person_id)
    if person.is_active:
        return
    withdraw_all(by, person)
    person.is_active = True
    person.save(update_fields=["is_active"])
    record(Code.PERSON_ENABLED, person=_acting(by), who=person.username)


@transaction.atomic
def reset_person(by: Keeper, person_id: int, *, forget_factors: bool = False) -> Secret:
    """A new link for who is locked out: the password is no good any more, every session ends, and if that is wished
    their second factors are forgotten."""
    person = access.lock_person(by, person_id)
    _not_oneself(by, person, _("Change your own password on its page."))
    if not person.is_active:
        raise PermissionDenied(_("They are disabled. Enable them first."))
    person.set_unusable_password()
    person.save(update_fields=["password"])
    if forget_factors:
        _forget_factors(by, person)
    ended = end_sessions(person)
    if ended:
        record(Code.SESSIONS_ENDED, person=_acting(by), who=person.username, sessions=ended)
    return make_link(by, person)


@transaction.atomic
def give_admin(by: Keeper, person_id: int) -> None:
    """Makes somebody an admin of the installation."""
    _set_admin(by, access.lock_person(by, person_id), True)


@transaction.atomic
def take_admin(by: Keeper, person_id: int) -> None:
    """They are a person like others then."""
    person = access.lock_person(by, person_id)
    if person.is_superuser:
        _not_the_last(person)
        _set_admin(by, person, False)


def teams_that_need(by: Keeper, person_id: int) -> tuple[str, ...]:
    """The names of the teams that would have no active admin without this person. Raises Http404."""
    return tuple(access.teams_that_need(by, person_id).values_list("name", flat=True))


def withdraw_all(by: Keeper, person: User) -> int:
    """Every share of this person's tokens, for good; says how many there were."""
    shares = Share.objects.filter(token__owner_id=person.pk).select_related("token__owner", "team")
    for share in shares:
        acting, project = _acting(by), share.project
        record(Code.SHARE_WITHDRAWN, person=acting, token=share.token, team=share.team, project=project)
    Share.objects.filter(pk__in=[share.pk for share in shares]).delete()
    return len(shares)


def _set_admin(by: Keeper, person: User, admin: bool) -> None:
    if person.is_superuser == admin:
        return
    person.is_superuser = admin
    person.save(update_fields=["is_superuser"])
    outcome = "given" if admin else "taken"
    record(Code.PERSON_ADMIN, person=_acting(by), outcome=outcome, who=person.username)


def _forget_factors(by: Keeper, person: User) -> None:
    forget(person.pk)
    record(Code.PERSON_FACTORS_FORGOTTEN, person=_acting(by), who=person.username)


def _not_oneself(by: Keeper, person: User, sentence: str) -> None:
    if not isinstance(by, Shell) and by.pk == person.pk:
        raise PermissionDenied(sentence)


def _not_the_last(person: User) -> None:
    """Whoever calls has locked all admins."""
    if not person.is_superuser or not person.is_active:
        return
    if not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.pk).exists():
        raise PermissionDenied(
            _("They are the last admin of this installation. Make somebody else one first.")
        )


def _acting(by: Keeper) -> User | None:
    return None if isinstance(by, Shell) else by

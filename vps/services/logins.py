"""A machine's default login: what is known of it, revealing it, clearing it. The password passes through, and is kept
nowhere."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from vps.access import Acting, Operation, Unread, get_acting, get_machine_as, unread
from vps.models import Machine, Revision, Role, Status
from vps.provider import errors
from vps.provider.replies import DefaultLogin
from vps.services import audit
from vps.services.acting import call
from vps.services.cards import described, seen_until
from vps.services.login_acts import Act, login_acts
from vps.services.outcomes import SURE
from vps.services.words import error_sentence, quoted

SHOWN_SECONDS = 60  # then the page hides the password again
# The document's words: they alone say that there is nothing to be had any more. Another 400 is a failure.
NO_LONGER = "default password no longer available"
Login = Machine.Login

# Machines that are known to still hold one, of `access.visible_machines`, as far as this person may know; and only
# those whose login they may reveal: of the others it would be a count that leads to nothing they could do.
KNOWN_TO_THEM = Q(granted=True) | Q(login_at__lte=F("refused_at"))
HOLDS_ONE = Q(login=Login.HELD, right__gte=Role.ADMIN) & KNOWN_TO_THEM


@dataclass(frozen=True)
class LoginPage:
    """What is known of a machine's default login, and since when: `state` is "" nothing, `held` the provider still told
    it, `gone` it does no longer, `sent` somebody asked to clear it and no answer is known. `unread`: why nobody can
    ask now, if so. `seen`: a mark of what the page shows. `acts`: who asked for it, newest first."""

    project: str
    product: str
    name: str
    state: str
    at: datetime | None
    unread: Unread | None
    seen: str
    acts: tuple[Act, ...]

    @property
    def may_ask(self) -> bool:
        """Whether a token reads the machine for this person now."""
        return self.unread is None


@dataclass(frozen=True)
class Outcome:
    """What became of a call: `word` as in the audit line (`stale`: nothing was sent), `sentence` for the person."""

    word: str
    sentence: str


@dataclass(frozen=True)
class Revelation:
    """The default login, or why there is none. Its password hides itself until the page is written."""

    outcome: Outcome
    login: DefaultLogin | None


def show_login(user: AbstractBaseUser, project: str, product: str) -> LoginPage:
    """Reads the database only. Raises Http404 where this person may not know of the machine; PermissionDenied where
    their role is too low."""
    machine = get_machine_as(user, project, product, Role.ADMIN)
    state, at = known_login(machine)
    name = described(machine).name or machine.product
    why = None if getattr(machine, "granted") else unread(machine)  # noqa: B009  # an annotation of the query
    acts = login_acts(machine, timezone.now())
    return LoginPage(project, product, name, state, at, why, _mark(machine), acts)


def known_login(machine: Machine) -> tuple[str, datetime | None]:
    """The state (see LoginPage) and its moment, of one of `access.visible_machines`; nothing that was learnt after
    this person's last token was refused."""
    at = machine.login_at
    if at is None or at > seen_until(machine, at):
        return "", None
    return machine.login or "sent", at


def may_reveal(user: AbstractBaseUser, project: str, product: str) -> None:
    """Raises what `reveal_login` would raise to this person; asks nobody."""
    get_acting(user, project, product, Operation.LOGIN)


@sensitive_variables()
def reveal_login(user: AbstractBaseUser, project: str, product: str) -> Revelation:
    """Asks the provider for the default login, up to 5 s. It is given away only once the audit line is written.

    Raises Http404 and PermissionDenied as `access.get_acting` does. Whatever the provider does is an outcome.
    """
    acting = get_acting(user, project, product, Operation.LOGIN)
    login, error = None, None
    try:
        login = call(acting, lambda client: client.default_login(project, product))
    except errors.ProviderError as failed:
        error = failed
    outcome = _revealed(error, acting.own)
    _keep_revealed(user, acting, outcome.word, error)
    return Revelation(outcome, login)


def clear_login(user: AbstractBaseUser, project: str, product: str, seen: str) -> Outcome:
    """Asks the provider to forget the default login, up to 5 s; sent once, by the first of those who press with the
    same `seen`. Raises Http404 and PermissionDenied as `access.get_acting` does."""
    acting = get_acting(user, project, product, Operation.CLEAR_LOGIN)
    began = _claim(user, acting, seen)
    if began is None:
        return Outcome(
            "stale", _("Nothing was sent: what is known of it changed meanwhile. Look, then decide.")
        )
    error: errors.ProviderError | None = None
    try:
        call(acting, lambda client: client.clear_default_login(project, product))
    except errors.ProviderError as failed:
        error = failed
    outcome = _cleared(error, described(acting.machine).name or product, acting.own)
    _keep_cleared(user, acting, outcome.word, error, began)
    return outcome


def _mark(machine: Machine) -> str:
    return f"{machine.login} {machine.login_at.isoformat()}" if machine.login_at else ""


def _gone(error: errors.ProviderError | None) -> bool:
    return isinstance(error, errors.Refused) and NO_LONGER in error.said.casefold()


def _revealed(error: errors.ProviderError | None, own: bool) -> Outcome:
    if error is None:
        return Outcome("succeeded", "")
    if _gone(error):
        return Outcome("gone", _("The provider was asked just now: it is no longer available."))
    return Outcome("failed", _("It was not revealed. %(why)s") % {"why": _why(error, own)})


def _cleared(error: errors.ProviderError | None, name: str, own: bool) -> Outcome:
    if error is None:
        return Outcome("succeeded", _("The default login of “%(name)s” is cleared.") % {"name": name})
    if _gone(error):
        return Outcome("gone", _("There was nothing to clear: it is no longer available."))
    if isinstance(error, SURE):
        return Outcome("failed", _("It was not cleared. %(why)s") % {"why": _why(error, own)})
    told = _(
        "Nobody knows whether it was cleared: the request was sent, and no clear answer came. It is not sent again by "
        "itself. Reveal tells whether it is still there."
    )
    return Outcome("unknown", told)


def _why(error: errors.ProviderError, own: bool) -> str:
    """With `own` also what was said to the token, which is one's own."""
    if isinstance(error, errors.Refused):
        said = quoted(error.said) if own and error.said else ""
        return f"{_('The provider refuses it (400).')} {said}".strip()
    return error_sentence(error, own=own)


def _reason(error: errors.ProviderError | None) -> str:
    return "" if error is None else ".".join(filter(None, (error.code, error.reason)))


@transaction.atomic(durable=True)
def _keep_revealed(
    user: AbstractBaseUser, acting: Acting, word: str, error: errors.ProviderError | None
) -> None:
    """What was heard, unless somebody learnt or asked something else meanwhile."""
    revision, machine = Revision.take(), acting.machine
    known = {"succeeded": Login.HELD, "gone": Login.GONE}.get(word)
    if known and not known == machine.login == Login.GONE:  # it is gone since it was first so
        _know(_unchanged(machine), revision, known, timezone.now())
    code, reason = audit.Code.LOGIN_REVEALED, _reason(error)
    audit.record(code, outcome=word, person=user, machine=machine, token=acting.token, reason=reason)


@transaction.atomic(durable=True)
def _claim(user: AbstractBaseUser, acting: Acting, seen: str) -> datetime | None:
    """Commits that it will be asked for, before it is: whatever then becomes of this process, the page says that no
    answer is known. None if another press was first, or something else was learnt."""
    revision, machine, now = Revision.take(), acting.machine, timezone.now()
    if _mark(machine) != seen or not _know(_unchanged(machine), revision, Login.UNKNOWN, now):
        return None
    audit.record(audit.Code.LOGIN_CLEAR_REQUESTED, person=user, machine=machine, token=acting.token)
    return now


@transaction.atomic(durable=True)
def _keep_cleared(
    user: AbstractBaseUser, acting: Acting, word: str, error: errors.ProviderError | None, began: datetime
) -> None:
    """Cleared is cleared, whatever was heard meanwhile. Where nothing was done, what was known holds again."""
    revision, machine = Revision.take(), acting.machine
    rows = Machine.objects.filter(pk=machine.pk)
    if word in ("succeeded", "gone"):
        _know(rows, revision, Login.GONE, timezone.now())
    elif word == "failed":
        _know(rows.filter(login=Login.UNKNOWN, login_at=began), revision, machine.login, machine.login_at)
    code, reason = audit.Code.LOGIN_CLEARED, _reason(error)
    audit.record(code, outcome=word, person=user, machine=machine, token=acting.token, reason=reason)


def _unchanged(machine: Machine) -> QuerySet[Machine]:
    return Machine.objects.filter(pk=machine.pk, login=machine.login, login_at=machine.login_at)


def _know(rows: QuerySet[Machine], revision: int, login: str, at: datetime | None) -> bool:
    """Writes it down for these rows, of one machine; False if there is no such row any more."""
    ids = list(rows.values_list("pk", flat=True))
    if not rows.update(login=login, login_at=at):
        return False
    Status.objects.filter(machine__in=ids).update(revision=revision)
    return True

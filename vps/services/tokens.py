"""One's own tokens: add, replace, check, rename, forget. Each is tried at the provider before it is saved."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from vps import access
from vps.models import Access, Token
from vps.provider.errors import TokenRefused
from vps.provider.secret import Secret
from vps.services import proofs, refusals
from vps.services.act_calls import begin_anew
from vps.services.audit import Code, record
from vps.services.hints import expiry_hint
from vps.services.replacing import hand_over
from vps.services.shares import drop, withdraw_unheld
from vps.services.token_rows import TokenRow, get_token, list_tokens
from vps.services.trials import Trial, try_token

__all__ = [
    "NameTaken",
    "Outcome",
    "Secret",
    "TokenRow",
    "Trial",
    "add_machine",
    "add_project",
    "add_token",
    "check_token",
    "forget_token",
    "get_token",
    "list_tokens",
    "remove_project",
    "rename_token",
    "replace_token",
]


class NameTaken(Exception):
    """This person has a token of that name already."""


@dataclass(frozen=True)
class Outcome:
    """What trying a token brought. `saved` is true if at least one project answered. `changed`: it did, but the token
    was another one by then, so nothing was kept. `notes` are sentences on what a new token does not read."""

    saved: bool
    token_id: uuid.UUID | None
    trials: tuple[Trial, ...]
    notes: tuple[str, ...] = ()
    changed: bool = False

    @property
    def told(self) -> tuple[tuple[str, bool], ...]:
        """Sentences for the page, each with whether it is good news."""
        if self.changed:
            return ((_("The token changed meanwhile; try again."), False),)
        tried = tuple((trial.sentence, trial.complete) for trial in self.trials)
        return tried + tuple((note, False) for note in self.notes)


def add_token(
    user: AbstractBaseUser,
    *,
    name: str,
    secret: Secret,
    projects: Iterable[str],
    hands: Iterable[tuple[str, str]] = (),
) -> Outcome:
    """Tries the token in each project, and saves it with what worked. Waits for the provider. Raises NameTaken."""
    if Token.objects.filter(owner_id=user.pk, name=name).exists():
        raise NameTaken
    token = Token(owner_id=user.pk, name=name, expires_at=expiry_hint(secret))
    token.seal(secret.reveal())
    trials = try_token(user, token, _wanted(projects, hands))
    if not any(trial.ok for trial in trials):
        return Outcome(False, None, trials)
    with transaction.atomic():
        _insert(token)
        _begin_budget(token, trials)
        proofs.write_trials(token, trials)
        record(Code.TOKEN_ADDED, person=user, token=token, projects=token.projects.count())
    return Outcome(True, token.pk, trials)


def replace_token(user: AbstractBaseUser, token_id: uuid.UUID, secret: Secret) -> Outcome:
    """Puts a new token into the place of an old one, if the provider answers to it in at least one project.

    What the old one had proved, the new one proves anew, or loses where it is refused: the outcome names that. Waits
    for the provider. Raises Http404.
    """
    token = access.get_token(user, token_id)
    token.expires_at = expiry_hint(secret)
    token.seal(secret.reveal())
    trials = try_token(user, token, _known(token))
    if not any(trial.ok for trial in trials):
        return Outcome(False, token.pk, trials)
    with transaction.atomic():
        _lock(user, token_id)
        refusals.touch_cards(token.accesses.all())
        notes = hand_over(token, trials)
        token.refused_at, token.said = None, ""
        token.save(update_fields=["sealed", "expires_at", "refused_at", "said"])
        token.abilities.all().delete()
        _begin_budget(token, trials)
        proofs.write_trials(token, trials)
        withdraw_unheld(user, token)
        record(Code.TOKEN_REPLACED, person=user, token=token, projects=token.projects.count())
    return Outcome(True, token.pk, trials, notes)


def check_token(user: AbstractBaseUser, token_id: uuid.UUID) -> Outcome:
    """Asks the provider now what the token may read. Waits for it. Raises Http404."""
    token = access.get_token(user, token_id)
    trials = try_token(user, token, _known(token))
    return _keep(token, trials)


def add_project(user: AbstractBaseUser, token_id: uuid.UUID, project: str, hand: str = "") -> Outcome:
    """Tries a further project with a stored token; kept if the provider answers. Raises Http404.

    A 401 may be about this project alone: whether the token is refused, its other projects are asked.
    """
    token = access.get_token(user, token_id)
    trials = try_token(user, token, _wanted([project], [(project, hand)] if hand else []))
    if trials[0].ok:
        with transaction.atomic():
            known = token.projects.filter(project=project).exists()
            outcome = _keep(token, trials)
            if not known and outcome.saved:
                record(Code.TOKEN_PROJECT_ADDED, person=user, token=token, project=project)
        return outcome
    if isinstance(trials[0].error, TokenRefused):
        check_token(user, token_id)
    return Outcome(False, token.pk, trials)


def add_machine(user: AbstractBaseUser, token_id: uuid.UUID, project: str, product: str) -> Outcome:
    """Reads one machine by its id, where the listing is refused; kept if the provider answers. Raises Http404."""
    return add_project(user, token_id, project, product)


@transaction.atomic
def remove_project(user: AbstractBaseUser, token_id: uuid.UUID, project: str) -> None:
    """The token is no longer used for this project: its machines leave the board unless another token reads them.

    Raises Http404.
    """
    token = _lock(user, token_id)
    get_object_or_404(token.projects.all(), project=project).delete()
    known = token.accesses.filter(machine__project=project)
    refusals.touch_cards(known)
    known.delete()
    shares = withdraw_unheld(user, token)
    record(Code.TOKEN_PROJECT_REMOVED, person=user, token=token, project=project, shares=shares)


def rename_token(user: AbstractBaseUser, token_id: uuid.UUID, name: str) -> None:
    """Raises Http404, NameTaken."""
    try:
        with transaction.atomic():
            token = _lock(user, token_id)
            before, token.name = token.name, name
            token.save(update_fields=["name"])
            if before != name:
                record(Code.TOKEN_RENAMED, person=user, token=token, before=before)
    except IntegrityError as error:
        raise NameTaken from error


@transaction.atomic
def forget_token(user: AbstractBaseUser, token_id: uuid.UUID) -> None:
    """Deletes the token and all that it proved: its machines leave the board unless another token reads them.

    Raises Http404.
    """
    token = _lock(user, token_id)
    refusals.touch_cards(token.accesses.all())
    shares, projects = drop(user, token.shares.all()), token.projects.count()
    record(Code.TOKEN_FORGOTTEN, person=user, token=token, projects=projects, shares=shares)
    token.delete()


def _insert(token: Token) -> None:
    """Raises NameTaken."""
    try:
        with transaction.atomic():
            token.save(force_insert=True)
    except IntegrityError as error:
        raise NameTaken from error


def _begin_budget(token: Token, trials: tuple[Trial, ...]) -> None:
    answers = [answer for trial in trials for answer in trial.answers]
    begin_anew(token.pk, len(answers), [answer.rate for answer in answers])


def _lock(user: AbstractBaseUser, token_id: uuid.UUID) -> Token:
    """One's own token, which nobody else changes until the transaction ends. Raises Http404."""
    return access.get_token(user, token_id, lock=True)


def _wanted(projects: Iterable[str], hands: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {project: [] for project in projects}
    for project, product in hands:
        wanted.setdefault(project, []).append(product)
    return wanted


def _known(token: Token) -> dict[str, list[str]]:
    by_hand = token.accesses.filter(how=Access.How.HAND).values_list("machine__project", "machine__product")
    return _wanted(token.projects.values_list("project", flat=True), by_hand)


@transaction.atomic
def _keep(token: Token, trials: tuple[Trial, ...]) -> Outcome:
    """What the provider answered about a token that stays as it is.

    Nothing is kept of a token that was forgotten, replaced or sealed anew meanwhile: it may be another one now.
    """
    kept = Token.objects.select_for_update().filter(pk=token.pk, sealed=bytes(token.sealed)).exists()
    if kept:
        proofs.write_trials(token, trials)
    return Outcome(kept and any(trial.ok for trial in trials), token.pk, trials, changed=not kept)

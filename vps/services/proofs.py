"""What the provider's answers prove about a stored token: those that a person waited for, and the listings that the
collector asks for again."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from vps.models import Access, Revision, Token, TokenProject
from vps.provider import errors
from vps.provider.replies import Listing, Status
from vps.services import refusals
from vps.services.asking import Answer
from vps.services.listings import apply_listing, ensure_machines, grant_access, note_project
from vps.services.readings import Reading, write_readings
from vps.services.trials import Trial, skipped_sentence
from vps.services.words import SEAL

How = TokenProject.How
KNOWN = ("", errors.NotAllowed.code, errors.NotFound.code)  # what only a good token is answered
LISTED_AGAIN = timedelta(minutes=1)


def claim_listing(project: TokenProject, every: float) -> bool:
    """Whether this collector is the one that lists it now, as it does every so many seconds. Should it die meanwhile,
    another one does in a minute."""
    soon = timezone.now() - timedelta(seconds=every) + LISTED_AGAIN
    mine = TokenProject.objects.filter(pk=project.pk, checked_at=project.checked_at)
    return bool(mine.update(checked_at=soon))


@transaction.atomic
def take_listing(project: TokenProject, answer: Answer) -> None:
    """Writes what the listing told, or why it told nothing."""
    token, name, error = project.token, project.project, answer.error
    if not Token.objects.select_for_update().filter(pk=token.pk, sealed=bytes(token.sealed)).exists():
        # forgotten or replaced meanwhile: it proves nothing for another token, with which it is listed at once
        TokenProject.objects.filter(pk=project.pk).update(checked_at=F("checked_at") - LISTED_AGAIN)
        return
    if isinstance(answer.reply, Listing):
        refusals.accept_token(token.pk, answer.at)
        _take_machines(token, name, answer.reply, answer.at)
    elif isinstance(error, errors.NotAllowed | errors.NotFound):
        by_hand = token.accesses.filter(machine__project=name, how="hand").exists()
        note_project(token, name, How.HAND if by_hand else How.REFUSED, error.code, error.said)
    elif error is not None:
        if (
            isinstance(error, errors.TokenRefused)
            and error.reason != SEAL
            and _is_worthless(project, answer.at)
        ):
            refusals.refuse_token(token.pk, bytes(token.sealed), answer.at, error.said)
        note_project(token, name, How(project.how), error.code, error.said)


def _is_worthless(project: TokenProject, at: datetime) -> bool:
    """Whether a 401 to one listing is about the token: no other project of it was answered when it was last listed,
    and no machine was read with it in the last two minutes."""
    others = TokenProject.objects.filter(token=project.token).exclude(pk=project.pk)
    return not others.filter(problem__in=KNOWN).exists() and not refusals.reads_lately(project.token_id, at)


def write_trials(token: Token, trials: tuple[Trial, ...]) -> None:
    """Writes what the trials of a stored token brought."""
    if any(trial.ok for trial in trials):
        refusals.accept_token(token.pk, timezone.now())
    else:
        _note_refusal(token, trials)
    refusals.use_token(token.pk, timezone.now())
    for trial in trials:
        _write_trial(token, trial)


def _note_refusal(token: Token, trials: tuple[Trial, ...]) -> None:
    """401 says that the token is worth nothing, unless another answer at the same time shows that it is known."""
    refused = next((trial.error for trial in trials if isinstance(trial.error, errors.TokenRefused)), None)
    if refused and not any(trial.knows_token for trial in trials):
        refusals.refuse_token(token.pk, bytes(token.sealed), timezone.now(), refused.said)


def _write_trial(token: Token, trial: Trial) -> None:
    if isinstance(trial.listing.reply, Listing):
        _take_machines(token, trial.project, trial.listing.reply, trial.listing.at)
        return
    told = trial.listing.error or trial.error
    code, said = (told.code, told.said) if told else ("", "")
    _write_hands(token, trial)
    note_project(token, trial.project, _known_how(token, trial), code, said)


def _take_machines(token: Token, project: str, listing: Listing, at: datetime) -> None:
    apply_listing(token, project, listing, at)
    note_project(token, project, How.LISTED, said=skipped_sentence(listing.skipped))


def _known_how(token: Token, trial: Trial) -> TokenProject.How:
    """How the machines of a project that did not list them are known. A provider that is down changes nothing."""
    known = token.projects.filter(project=trial.project).first()
    if token.accesses.filter(machine__project=trial.project, how=Access.How.HAND).exists():
        return How.HAND
    return How.REFUSED if known is None or trial.listing_refused else How(known.how)


def _write_hands(token: Token, trial: Trial) -> None:
    """A machine read by hand is known at once, with its first status."""
    products = [product for product, _answer in trial.read]
    machines = ensure_machines(trial.project, products, timezone.now(), Revision.take())
    grant_access(token, machines.values(), Access.How.HAND, timezone.now())
    for product, answer in trial.read:
        if isinstance(answer.reply, Status):
            row = token.accesses.get(machine=machines[product])
            refusals.accept(token.pk, row.pk, answer.at)
            wait = machines[product].status.interval
            read = Reading(
                row.machine_id, row.pk, answer.at, wait, wait, reply=answer.reply, took=answer.took
            )
            write_readings([read])

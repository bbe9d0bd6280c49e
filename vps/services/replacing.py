"""What becomes of the machines that a token reads when another one takes its place."""

from collections.abc import Iterable
from enum import Enum

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vps.models import Access, Token
from vps.provider import errors
from vps.provider.replies import Listing
from vps.services.trials import Trial

REFUSALS = (errors.TokenRefused, errors.NotAllowed, errors.NotFound)
Fate = Enum("Fate", ["PROVED", "WAITING", "LOST"])


def hand_over(token: Token, trials: Iterable[Trial]) -> tuple[str, ...]:
    """Leaves to the new token what it was answered for, and what it could not be asked about: that grants nothing
    until a status proves it, which the collector tries with its next check. Drops what was refused to it (401, 403,
    404), and what a good listing no longer holds. Returns a sentence for each project that lost something.

    All rows are made anew, so that a late answer to the old token is not taken for one to the new.
    """
    tried = {trial.project: trial for trial in trials}
    rows = list(token.accesses.select_related("machine").order_by("pk"))
    fates = [(row, _fate(row, tried.get(row.machine.project))) for row in rows]
    token.accesses.all().delete()
    Access.objects.bulk_create(_heir(row, fate) for row, fate in fates if fate is not Fate.LOST)
    return tuple(sentence for project in tried for sentence in _sentences(token, project, fates))


def _fate(row: Access, trial: Trial | None) -> Fate:
    if trial is None:
        return Fate.WAITING
    listing = trial.listing.reply
    if isinstance(listing, Listing) and listing.machines:
        return Fate.PROVED if row.machine.product in {each.uid for each in listing.machines} else Fate.LOST
    answer = dict(trial.hands).get(row.machine.product, trial.listing)
    if isinstance(answer.error, REFUSALS):
        return Fate.LOST
    return Fate.PROVED if answer is not trial.listing and answer.reply else Fate.WAITING


def _heir(row: Access, fate: Fate) -> Access:
    """The row of the new token in the place of this one, whose proofs stay as old as they are."""
    heir = Access(token_id=row.token_id, machine_id=row.machine_id, how=row.how, proved_at=row.proved_at)
    if fate is Fate.WAITING:
        heir.refused_at, heir.said = timezone.now(), _("The new token was not answered for it yet.")
    return heir


def _sentences(token: Token, project: str, fates: Iterable[tuple[Access, Fate]]) -> Iterable[str]:
    mine = [(row, fate) for row, fate in fates if row.machine.project == project]
    lost = [_name(token, row) for row, fate in mine if fate is Fate.LOST]
    if lost:
        yield _("%(project)s: the new token does not read %(machines)s, which this token shows no more.") % {
            "project": project,
            "machines": ", ".join(lost),
        }
    if waiting := sum(fate is Fate.WAITING for _row, fate in mine):
        yield ngettext(
            "%(project)s: %(n)d machine is shown again once the provider answers for it with the new token.",
            "%(project)s: %(n)d machines are shown again once the provider answers for them with the new token.",
            waiting,
        ) % {"project": project, "n": waiting}


def _name(token: Token, row: Access) -> str:
    """What was refused may have got a name since then that its owner does not know."""
    return row.machine.product if row.refused_at or token.refused_at else str(row.machine)

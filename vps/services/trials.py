"""Tries a token at the provider, project by project, before anything is saved."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vps.access import ReadGrant, own_grant
from vps.models import Token
from vps.provider import errors
from vps.provider.rates import Rate
from vps.provider.replies import Listing, Status
from vps.services.act_calls import count_calls
from vps.services.asking import Answer, ask
from vps.services.words import error_sentence

AT_ONCE = 8
ASKING_SECONDS = 20.0
MAY_BE_NAMED = (errors.NotAllowed, errors.NotFound)


class NotAsked(errors.ProviderError):
    """The time for a trial was over before this call's turn came: nothing is known."""

    code = "not_asked"


@dataclass(frozen=True)
class Trial:
    """What a token may do in one project: `listing` or the machines read by hand; `sentence` is for the page.

    `needs_machine`: the listing is refused, and no machine was named to be read instead.
    """

    project: str
    listing: Answer
    hands: tuple[tuple[str, Answer], ...] = ()

    @property
    def listed(self) -> bool:
        return isinstance(self.listing.reply, Listing)

    @property
    def read(self) -> tuple[tuple[str, Answer], ...]:
        """The machines named by hand that were answered for."""
        return tuple((product, answer) for product, answer in self.hands if isinstance(answer.reply, Status))

    @property
    def ok(self) -> bool:
        return self.listed or bool(self.read)

    @property
    def complete(self) -> bool:
        """Whether all that was asked was answered and could be read."""
        return self.ok and len(self.read) == len(self.hands) and not self.skipped

    @property
    def listing_refused(self) -> bool:
        return isinstance(self.listing.error, MAY_BE_NAMED)

    @property
    def needs_machine(self) -> bool:
        return self.listing_refused and not self.hands

    @property
    def answers(self) -> list[Answer]:
        """All that came of it, but for calls that were not made."""
        answers = [self.listing, *(answer for _product, answer in self.hands)]
        return [answer for answer in answers if not isinstance(answer.error, NotAsked)]

    @property
    def knows_token(self) -> bool:
        """Whether some answer shows that the provider knows the token, whatever it refuses to it."""
        answers = [self.listing, *(answer for _product, answer in self.hands)]
        return any(each.reply is not None or isinstance(each.error, MAY_BE_NAMED) for each in answers)

    @property
    def error(self) -> errors.ProviderError | None:
        """Why it told nothing: of the machine named by hand, else of the listing."""
        failed = next((answer.error for _product, answer in self.hands if answer.error), None)
        return None if self.ok else failed or self.listing.error

    @property
    def machines(self) -> int:
        return len(self.listing.reply.machines) if isinstance(self.listing.reply, Listing) else len(self.read)

    @property
    def skipped(self) -> int:
        """The entries of the listing that could not be read."""
        return self.listing.reply.skipped if isinstance(self.listing.reply, Listing) else 0

    @property
    def sentence(self) -> str:
        told = self._found if self.ok else self._failed
        return _("%(project)s: %(told)s") % {"project": self.project, "told": told}

    @property
    def _found(self) -> str:
        found = ngettext("%(n)d machine found.", "%(n)d machines found.", self.machines)
        told = [found % {"n": self.machines}, skipped_sentence(self.skipped)]
        return " ".join([*filter(None, told), *self._unread])

    @property
    def _failed(self) -> str:
        told = _told(self.error) if len(self.hands) < 2 else " ".join(self._unread)
        return (
            _("%(told)s Name one machine id, and it is read instead.") % {"told": told}
            if self.needs_machine
            else told
        )

    @property
    def _unread(self) -> list[str]:
        """A sentence for each reason why machines named by hand were not read, naming them."""
        reasons: dict[str, list[str]] = {}
        for product, answer in self.hands:
            if answer.error:
                reasons.setdefault(_told(answer.error), []).append(product)
        return [
            _("%(machines)s: %(told)s") % {"machines": ", ".join(products), "told": told}
            for told, products in reasons.items()
        ]


def skipped_sentence(skipped: int) -> str:
    """ "" if there were none."""
    told = ngettext(
        "%(n)d entry of the listing could not be read.",
        "%(n)d entries of the listing could not be read.",
        skipped,
    )
    return told % {"n": skipped} if skipped else ""


def _told(error: errors.ProviderError | None) -> str:
    if isinstance(error, NotAsked):
        return _("It was not asked, because the others took too long. Check the token again.")
    return error_sentence(error) if error else ""


def try_token(user: AbstractBaseUser, token: Token, wanted: dict[str, list[str]]) -> tuple[Trial, ...]:
    """Tries each project's listing, and where that is refused, the machines named by hand. `wanted` maps project ids
    to machine ids. Waits for the provider, several calls at once: what was not asked within 20 s is not asked any
    more, so that with the last call's own deadline (5 s) it ends within 26 s, however many there are."""
    until = time.monotonic() + ASKING_SECONDS
    _count(token, len(wanted))
    listings = _ask_all([own_grant(user, token, project) for project in wanted], until)
    trials = [Trial(project, answer) for project, answer in zip(wanted, listings, strict=True)]
    named = [
        (each.project, product) for each in trials if each.listing_refused for product in wanted[each.project]
    ]
    _count(token, len(named))
    answers = _ask_all([own_grant(user, token, *machine) for machine in named], until)
    read: dict[str, list[tuple[str, Answer]]] = {}
    for (project, product), answer in zip(named, answers, strict=True):
        read.setdefault(project, []).append((product, answer))
    return tuple(replace(each, hands=tuple(read.get(each.project, ()))) for each in trials)


def _count(token: Token, calls: int) -> None:
    """A token that is not stored yet has no budget: what it was tried for is counted when it gets one."""
    if calls and not token._state.adding:
        count_calls(token.pk, calls)


def _ask_all(grants: list[ReadGrant], until: float) -> list[Answer]:
    def one(grant: ReadGrant) -> Answer:
        if time.monotonic() >= until:
            return Answer(timezone.now(), Rate(), error=NotAsked())
        return ask(grant)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, grants))

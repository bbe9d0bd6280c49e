"""Tries a token at the provider, project by project, before anything is saved."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vps.access import own_grant
from vps.models import Token
from vps.provider import errors
from vps.provider.replies import Listing, Status
from vps.services.checks import Answer, ask
from vps.services.words import error_sentence

AT_ONCE = 8
MAY_BE_NAMED = (errors.NotAllowed, errors.NotFound)


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
    def listing_refused(self) -> bool:
        return isinstance(self.listing.error, MAY_BE_NAMED)

    @property
    def needs_machine(self) -> bool:
        return self.listing_refused and not self.hands

    @property
    def error(self) -> errors.ProviderError | None:
        """Why it told nothing: of the machine named by hand, else of the listing."""
        failed = next((answer.error for _product, answer in self.hands if answer.error), None)
        return None if self.ok else failed or self.listing.error

    @property
    def machines(self) -> int:
        return len(self.listing.reply.machines) if isinstance(self.listing.reply, Listing) else len(self.read)

    @property
    def sentence(self) -> str:
        if self.ok:
            found = ngettext("%(n)d machine found", "%(n)d machines found", self.machines) % {
                "n": self.machines
            }
            return _("%(project)s: %(found)s.") % {"project": self.project, "found": found}
        told = error_sentence(self.error) if self.error else ""
        if self.needs_machine:
            told = _("%(told)s Name one machine id, and it is read instead.") % {"told": told}
        return _("%(project)s: %(told)s") % {"project": self.project, "told": told}


def try_token(user: AbstractBaseUser, token: Token, wanted: dict[str, list[str]]) -> tuple[Trial, ...]:
    """Tries each project's listing, and where that is refused, the machines named by hand. `wanted` maps project ids
    to machine ids. Waits for the provider: at most a few seconds for each project, several at once."""

    def one(project: str) -> Trial:
        listing = ask(own_grant(user, token, project))
        if not isinstance(listing.error, MAY_BE_NAMED):
            return Trial(project, listing)
        return Trial(project, listing, tuple(_read(user, token, project, wanted[project])))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return tuple(pool.map(one, wanted))


def _read(
    user: AbstractBaseUser, token: Token, project: str, products: Iterable[str]
) -> list[tuple[str, Answer]]:
    return [(product, ask(own_grant(user, token, project, product))) for product in products]

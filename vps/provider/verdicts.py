"""What an answer, or the lack of one, means to the caller."""

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from socket import gaierror

from vps.provider.deadline import Call, Stage
from vps.provider.errors import (
    BadReply,
    NotAllowed,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Refused,
    TokenRefused,
    Unreachable,
)
from vps.provider.secret import Secret
from vps.provider.text import SENTENCE, clean

_REFUSALS: Mapping[int, type[ProviderError]] = {
    400: Refused,
    401: TokenRefused,
    403: NotAllowed,
    404: NotFound,
}


class Kind(Enum):
    NOT_SENT = "surely nothing was sent"
    LOST = "perhaps done, and no answer"
    NONSENSE = "perhaps done, and an answer that says nothing"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A call without a usable answer."""

    kind: Kind
    reason: str
    http_status: int | None = None
    said: str = ""

    def error(self, method: str) -> ProviderError:
        """The error of ours for it; a POST that may have been done is never called anything else."""
        if self.kind is Kind.NOT_SENT:
            kind: type[ProviderError] = Unreachable
        elif method == "POST":
            kind = OutcomeUnknown
        else:
            kind = Unreachable if self.kind is Kind.LOST else BadReply
        return kind(self.reason, said=self.said, http_status=self.http_status)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that came whole. `value` is its JSON; if it has none, `flaw` is a short word for why."""

    status: int
    retry_after: float | None  # seconds
    value: object = field(repr=False)  # may hold a secret, and frames are printed in error reports
    flaw: str

    def error(self, method: str, token: Secret) -> ProviderError | None:
        """The error that the answer stands for, None if it claims success ("Errors")."""
        if 200 <= self.status <= 299:
            return Trouble(Kind.NONSENSE, self.flaw, self.status).error(method) if self.flaw else None
        said = said_in(self.value, token)
        if self.status == 429:
            return RateLimited(said=said, retry_after=self.retry_after)
        if self.status in _REFUSALS:
            return _REFUSALS[self.status](said=said, http_status=self.status)
        if self.status >= 500:
            return Trouble(Kind.LOST, "server_error", self.status, said).error(method)
        reason = "redirect" if 300 <= self.status <= 399 else "undocumented_status"
        return Trouble(Kind.NONSENSE, reason, self.status, said).error(method)

    def unfit(self, flaw: str, method: str, token: Secret) -> ProviderError:
        """The error of a successful answer that is no reply of its endpoint, or one with `success` false."""
        said = said_in(self.value, token)
        denied = isinstance(self.value, dict) and self.value.get("success") is False
        # A POST that is denied without a reason may have been done all the same.
        if denied and (said or method == "GET"):
            return Refused(said=said, http_status=self.status)
        return Trouble(Kind.NONSENSE, flaw, self.status, said).error(method)


def said_in(value: object, token: Secret) -> str:
    """The provider's own words in `{"error": "text"}`, without the token should it repeat it; "" if none."""
    text = value.get("error") if isinstance(value, dict) else None
    return clean(text.replace(token.reveal(), "***"), SENTENCE) if isinstance(text, str) else ""


def trouble_of(error: Exception, call: Call) -> Trouble:
    """What the exception that ended `call` means; nothing of the exception is kept."""
    chain = list(_chain(error))
    timed_out = call.expired or any(isinstance(link, TimeoutError) for link in chain)
    if call.stage <= Stage.SECURING:
        return Trouble(Kind.NOT_SENT, "timeout" if timed_out else _why_not_connected(chain, call.stage))
    if timed_out:
        return Trouble(Kind.LOST, "timeout")
    if any(isinstance(link, OSError) and not _is_requests_own(link) for link in chain):
        return Trouble(Kind.LOST, "reset")
    return Trouble(Kind.NONSENSE, "malformed" if call.stage is Stage.WRITING else "broken_off")


def _why_not_connected(chain: list[BaseException], stage: Stage) -> str:
    if stage is Stage.SECURING or any(isinstance(link, ssl.SSLError) for link in chain):
        return "tls"
    return "dns" if any(isinstance(link, gaierror) for link in chain) else "refused"


def _is_requests_own(error: BaseException) -> bool:
    """requests derives all its exceptions from OSError, those about nonsense too."""
    return type(error).__module__.startswith("requests")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and all that it wraps, by whichever way."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        link = waiting.pop()
        if isinstance(link, BaseException) and id(link) not in seen:
            seen.add(id(link))
            yield link
            waiting += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]

"""What can go wrong with a call, named by what the caller can do about it.

The errors carry a code and its parameters and no sentence of ours; none of them holds the token.
"""

from typing import ClassVar


class ProviderError(Exception):
    """A call that gave no reply.

    `said`: the provider's own words (cleaned, at most 300 characters), "" if there were none.
    `http_status`: the status of the answer, None if none came.
    `reason`: a short word of ours for logs and texts, such as "timeout" or "not_json".
    """

    code: ClassVar[str] = "provider_error"

    def __init__(self, reason: str = "", *, said: str = "", http_status: int | None = None) -> None:
        super().__init__(self.code, reason, http_status)
        self.reason = reason
        self.said = said
        self.http_status = http_status

    def __str__(self) -> str:
        parts = [self.code, self.reason, f"HTTP {self.http_status}" if self.http_status else "", self.said]
        return ": ".join(part for part in parts if part)


class TokenRefused(ProviderError):
    """401: the token is missing, revoked or expired."""

    code = "token_refused"


class NotAllowed(ProviderError):
    """403: the token is good but may not do this."""

    code = "not_allowed"


class NotFound(ProviderError):
    """404: no such project or product."""

    code = "not_found"


class Refused(ProviderError):
    """400, or `success` false: the provider understood and said no."""

    code = "refused"


class RateLimited(ProviderError):
    """429: too many calls. `retry_after`: seconds to wait, 0 to 3600, None if the provider did not say."""

    code = "rate_limited"

    def __init__(self, reason: str = "", *, said: str = "", retry_after: float | None = None) -> None:
        super().__init__(reason, said=said, http_status=429)
        self.retry_after = retry_after


class Unreachable(ProviderError):
    """The provider could not be asked. For a POST: surely nothing was sent.

    `reason`: "dns", "refused", "tls", "timeout", "reset" or "server_error" (the last two only for a GET).
    """

    code = "unreachable"


class OutcomeUnknown(ProviderError):
    """A POST was written and no clear answer came: it may have been done. Never send it again by yourself."""

    code = "outcome_unknown"


class BadReply(ProviderError):
    """A GET was answered by something that is no reply of this endpoint."""

    code = "bad_reply"

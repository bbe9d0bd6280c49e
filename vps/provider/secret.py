"""A string that only one method gives away."""

import hmac
from typing import Any, NoReturn


class Secret:
    """A secret string. Printed, formatted or logged it is `***`; pickle and JSON refuse it (TypeError)."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The secret itself: call it where it is used and keep the result nowhere."""
        return self.__value

    def __repr__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes(self.__value), _bytes(other.__value))

    __hash__ = None  # type: ignore[assignment]  # a hash would be an oracle, and nothing needs one

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Secret":
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not pickled")


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")

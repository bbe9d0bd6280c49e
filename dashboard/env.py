"""The environment, read in this file alone: typed values, or one sentence that says what is wrong."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


class WrongSetting(Exception):
    """A setting is missing or does not make sense; its text is one sentence, without secrets."""


@dataclass(frozen=True)
class Environment:
    """Reads settings from `values`. With `may_lack` a missing setting is empty instead of an error."""

    values: Mapping[str, str]
    may_lack: bool = False

    def text(self, name: str, default: str | None = None) -> str:
        value = self.values.get(name, "").strip() or default
        if value is None and not self.may_lack:
            raise WrongSetting(f"{name} is not set.")
        return value or ""

    def secret(self, name: str, *, needed: bool = True) -> str:
        """From NAME, or from the file that NAME_FILE names; empty where it is not set and not `needed`."""
        path = self.values.get(f"{name}_FILE", "").strip()
        if not path:
            if needed and not self.values.get(name, "").strip() and not self.may_lack:
                raise WrongSetting(f"Neither {name} nor {name}_FILE is set.")
            return self.text(name, "")
        if self.values.get(name):
            raise WrongSetting(f"{name} and {name}_FILE are both set; keep one of them.")
        return self._read(f"{name}_FILE", path)

    def _read(self, name: str, path: str) -> str:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise WrongSetting(f"{name} names {path}, which cannot be read as text.") from error
        if not value:
            raise WrongSetting(f"{name} names {path}, which is empty.")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.values.get(name, "").strip().lower()
        if value and value not in TRUE | FALSE:
            raise WrongSetting(f"{name} must be 1 or 0, not “{value}”.")
        return value in TRUE if value else default

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of the choices, of which the first is the default."""
        value = self.values.get(name, "").strip().lower() or choices[0]
        if value not in choices:
            raise WrongSetting(f"{name} must be {' or '.join(choices)}, not “{value}”.")
        return value

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        return self._number(name, default, least, most, int, "a whole number")

    def seconds(self, name: str, default: float, least: float, most: float) -> float:
        return self._number(name, default, least, most, float, "a number of seconds")

    def _number(self, name: str, default: T, least: T, most: T, parse: Callable[[str], T], what: str) -> T:
        typed = self.values.get(name, "").strip()
        try:
            value = parse(typed) if typed else default
        except ValueError:
            raise WrongSetting(f"{name} must be {what}, not “{typed}”.") from None
        if not least <= value <= most:  # type: ignore[operator]  # NaN fails it as well
            raise WrongSetting(f"{name} must be {what} from {least} to {most}, not {typed}.")
        return value

    def url(
        self, name: str, schemes: tuple[str, ...], default: str | None = None, *, query: bool = False
    ) -> str:
        """An absolute address, without a slash at its end; with `query` it may have one."""
        value = self.text(name, default)
        if value and not _is_address(value, schemes):
            wanted = " or ".join(f"{scheme}://" for scheme in schemes)
            raise WrongSetting(f"{name} must be an address that starts with {wanted} and names a host.")
        if "#" in value or ("?" in value and not query):
            raise WrongSetting(f"{name} must be an address without {'#' if query else '? and #'}.")
        return value.rstrip("/")

    def origin(self, name: str, default: str) -> str:
        """An http(s) address that is nothing but scheme, host and port."""
        value = self.url(name, ("https", "http"), default)
        if urlsplit(value).path:
            raise WrongSetting(f"{name} must be an address without a path: the panel stands at the root.")
        return value

    def secret_words(self, name: str) -> list[str]:
        """The words of a comma-separated secret."""
        words = [word.strip() for word in self.secret(name).split(",") if word.strip()]
        if not words and not self.may_lack:
            raise WrongSetting(f"{name} holds nothing but commas.")
        return words


def _is_address(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises for nonsense
    except ValueError:
        return False
    return (
        parts.scheme in schemes
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and value.split() == [value]
    )


_may_lack = False
_values: Mapping[str, str] = os.environ


def allow_missing() -> None:
    """For commands that need no settings, such as `make_key`; before the settings are loaded."""
    global _may_lack
    _may_lack = True


def ignore_all() -> None:
    """For the demo, which has settings of its own; before the settings are loaded."""
    global _values
    allow_missing()
    _values = {}


def from_process() -> Environment:
    return Environment(_values, may_lack=_may_lack)


def name_settings_module() -> None:
    """Tells Django where the settings are, unless somebody did so already."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

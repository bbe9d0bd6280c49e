"""Strings of the provider, made fit to be stored and shown."""

import re

NAME, WORD, SENTENCE = 200, 64, 300

_BLANK = re.compile(r"[\t\n\r]")
# Controls, lone surrogates, and the marks that turn the direction of the text around them.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(value: str, length: int) -> str:
    """`value` in one line, what cannot be stored or printed made U+FFFD, cut to `length` characters."""
    if value.isascii() and value.isprintable():
        return value.strip()[:length]
    # Cut twice: first so that a long text costs nothing, later because the cut decides the length.
    return _UNFIT.sub("\ufffd", _BLANK.sub(" ", value[: length * 2])).strip()[:length]


def is_clean(value: str) -> bool:
    """Whether nothing in `value` would have to be replaced."""
    return not _UNFIT.search(value)

"""Where calls go: the base address is a setting, the paths below it are ours, ids are checked and quoted."""

import re
from urllib.parse import quote, urlsplit

import requests

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def is_id(value: str) -> bool:
    """Whether `value` may be the id of a project or product."""
    return _ID.fullmatch(value) is not None


def checked_id(value: str) -> str:
    """`value`, quoted; ValueError unless it is an id."""
    if not isinstance(value, str) or not is_id(value):
        raise ValueError("not an id")
    return quote(value, safe="")


def products_of(project: str) -> str:
    return f"/projects/{checked_id(project)}/products"


def machine_at(project: str, product: str) -> str:
    return f"{products_of(project)}/{checked_id(product)}/vps"


def checked_base(url: str) -> str:
    """The base address as requests will write it, without its trailing slash.

    ValueError unless it is an http(s) address with a host and without user, query or fragment. (A user in it
    would replace the token.)
    """
    parts = urlsplit(url)
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or "@" in parts.netloc
        or "?" in url
        or "#" in url
    ):
        raise ValueError("the provider's address must be http(s)://host[:port][/path]")
    try:
        written = requests.Request("GET", url).prepare().url
    except requests.RequestException:
        written = None
    if not written:
        raise ValueError("the provider's address cannot be used")
    return written.rstrip("/")

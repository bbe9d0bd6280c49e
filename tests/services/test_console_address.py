"""Where a console is: at the set host, whatever the ticket says."""

from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from vps.provider.errors import BadReply
from vps.provider.secret import Secret
from vps.services.console_address import console_address, console_origin

TEMPLATE = "wss://vnc.example.org:6080/{project}/{product}?t={ticket}"


@pytest.mark.parametrize(
    "ticket", ["a/b", "../../x", "@evil.example", "?x=1#y", "a b%2f", "{product}", "ü\\"]
)
def test_a_ticket_is_quoted_and_stays_at_the_set_host(settings: Settings, ticket: str) -> None:
    for template in (TEMPLATE, "ws://localhost/{ticket}/{project}/{product}"):
        settings.VPS_CONSOLE_URL = template
        url = console_address("prj-1", "vm-1", Secret(ticket)).reveal()
        assert url.startswith(console_origin() + "/")
        assert len(urlsplit(url).path.split("/")) == len(urlsplit(template).path.split("/"))
        assert not urlsplit(url).fragment
        assert "{" not in url


@pytest.mark.parametrize("ticket", [".", ".."])
def test_a_ticket_that_walks_up_the_path_is_none(settings: Settings, ticket: str) -> None:
    settings.VPS_CONSOLE_URL = TEMPLATE
    with pytest.raises(BadReply):
        console_address("prj-1", "vm-1", Secret(ticket))


def test_no_value_can_name_the_host(settings: Settings) -> None:
    settings.VPS_CONSOLE_URL = "wss://{ticket}.example.org/{project}/{product}"
    with pytest.raises(BadReply):
        console_address("prj-1", "vm-1", Secret("x"))

"""The tags that templates use on every page."""

import pytest

from vps.templatetags import page


@pytest.mark.parametrize(("name", "sign"), [("anna.berg", "AB"), ("anna", "A"), ("a-b-c", "AB"), ("", "")])
def test_initials(name: str, sign: str) -> None:
    assert page.initials(name) == sign

"""Light, dark, or what the system says."""

import pytest
from django.test import Client

from tests.views.gate import refused_methods, sent_to_sign_in


def test_who_is_not_signed_in_goes_to_the_sign_in_page(anonymous: Client, db: None) -> None:
    assert sent_to_sign_in(anonymous, "/theme/", "post")


def test_state_never_changes_by_reading(signed_in: Client) -> None:
    assert refused_methods(signed_in, "/theme/", "get", "head", "put", "delete")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_choice_comes_with_every_page_from_then_on(signed_in: Client, theme: str) -> None:
    answer = signed_in.post("/theme/", {"theme": theme}, headers={"Referer": "http://testserver/tokens/"})
    assert (answer.status_code, answer["Location"]) == (303, "http://testserver/tokens/")
    assert f'<html lang="en" data-theme="{theme}"' in signed_in.get("/").content.decode()


@pytest.mark.parametrize("theme", ["system", "", '"><script>', "x" * 9000])
def test_anything_else_is_what_the_system_says(signed_in: Client, theme: str) -> None:
    signed_in.post("/theme/", {"theme": "dark"})
    signed_in.post("/theme/", {"theme": theme})
    assert "data-theme" not in signed_in.get("/").content.decode()


def test_a_forged_cookie_is_no_attribute(signed_in: Client) -> None:
    signed_in.cookies["theme"] = 'x" onload="alert(1)'
    assert "data-theme" not in signed_in.get("/").content.decode()


def test_it_leads_to_no_other_site(signed_in: Client) -> None:
    answer = signed_in.post("/theme/", {"theme": "dark"}, headers={"Referer": "https://evil.example/"})
    assert answer["Location"] == "/"

"""An HTMX request of somebody who is not signed in any more leads the whole page to sign in, never a card."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

POLLED = "/accounts/sessions/"


def polled_from(client: Client, page: str, method: str = "get") -> dict[str, str]:
    headers = {"HX-Request": "true", "HX-Current-URL": page}
    answer = getattr(client, method)(POLLED, headers=headers)
    assert answer.status_code == 200
    assert answer.content == b""
    return dict(answer.headers)


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_expired_session_leads_to_sign_in_and_back_to_the_page(
    client: Client, anna: User, method: str
) -> None:
    client.force_login(anna)
    client.session.flush()
    headers = polled_from(client, "http://testserver/?q=web&show=problems", method)
    assert headers["HX-Redirect"] == "/accounts/login/?next=%2F%3Fq%3Dweb%26show%3Dproblems"


@pytest.mark.parametrize(
    "page",
    [
        "https://evil.example/",
        "http://testserver.evil.example/",
        "//evil.example/x",
        "javascript:alert(1)",
        "",
    ],
)
def test_an_address_elsewhere_is_not_gone_back_to(client: Client, db: None, page: str) -> None:
    assert polled_from(client, page)["HX-Redirect"] == "/accounts/login/"


def test_an_error_for_htmx_is_a_sentence_that_is_never_swapped_in(client: Client, db: None) -> None:
    answer = client.get("/no/such/page/", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert answer.headers["HX-Reswap"] == "none"
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert b"<" not in answer.content

"""What people type, and the sentence beside the field when it cannot be."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vps.forms import AddTokenForm, MachineForm, NameForm, ProjectForm, SecretForm, split_ids
from vps.services.tokens import Secret

RULE = "An id has letters, digits, - and _, at most 64."
GOOD = {"name": "laptop", "token": "key_0123456789", "projects": "shop-prod", "machines": ""}


def filled(**typed: str) -> AddTokenForm:
    return AddTokenForm(GOOD | typed)


def said(form: Any, field: str) -> list[str]:
    return list(form.errors.get(field, []))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("shop-prod", ["shop-prod"]),
        ("shop-prod, lab", ["shop-prod", "lab"]),
        ("shop-prod lab\twarehouse", ["shop-prod", "lab", "warehouse"]),
        ("shop-prod\r\nlab\n", ["shop-prod", "lab"]),
        (" shop-prod ,, lab ; lab ", ["shop-prod", "lab"]),
        ("shop prod 2", ["shop prod 2"]),
        ("shop-prod, shop prod 2", ["shop-prod", "shop prod 2"]),
    ],
)
def test_several_ids_in_one_field(typed: str, meant: list[str]) -> None:
    assert split_ids(typed) == meant


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("shop prod 2", "it holds spaces"),
        ("a" * 65, "it has 65 characters"),
        ("-shop", "it begins with “-”"),
        ("_shop", "it begins with “_”"),
        ("shop/../lab", "it holds “/”"),
        ("..", "it holds “.”"),
        ("shöp", "it holds “ö”"),
        ("shop%2e", "it holds “%”"),
        ("shop\x07", "it holds “\\x07”"),
        ("shop\u202e", "it holds “\\u202e”"),
        ("<b>", "it holds “<”"),
    ],
)
def test_what_is_wrong_with_a_project_id(typed: str, why: str) -> None:
    assert said(filled(projects=typed), "projects") == [f"“{typed}” is no project id: {why}. {RULE}"]


def test_a_very_long_id_is_not_repeated_whole() -> None:
    (sentence,) = said(filled(projects="a" * 5000), "projects")
    assert f"“{'a' * 80}…” is no project id: it has 5000 characters." in sentence


@given(st.text(max_size=80))
def test_nothing_but_an_id_passes_as_one(typed: str) -> None:
    form = ProjectForm({"project-project": typed})
    if form.is_valid():
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", form.cleaned_data["project"])
        assert form.cleaned_data["project"] == typed.strip()


@pytest.mark.parametrize("typed", ["", "  ", ",", " , ,\n"])
def test_a_token_needs_a_project(typed: str) -> None:
    assert said(filled(projects=typed), "projects") == ["Name at least one project."]


def test_at_most_fifty_projects() -> None:
    assert said(filled(projects=",".join(f"p{n}" for n in range(51))), "projects") == [
        "At most 50 ids at once."
    ]


@pytest.mark.parametrize("typed", ["12345678", "x" * 4096, "!~'\"<>&" * 2, "  key_0123456789\n"])
def test_a_token_leaves_the_form_as_a_secret(typed: str) -> None:
    form = SecretForm({"token": typed})
    assert form.is_valid()
    secret = form.cleaned_data["token"]
    assert isinstance(secret, Secret)
    assert secret.reveal() == typed.strip()
    assert typed.strip() not in repr(form.cleaned_data)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Paste the token here."),
        ("1234567", "A token has 8 to 4096 characters; this one has 7."),
        ("x" * 4097, "A token has 8 to 4096 characters; this one has 4097."),
        ("key_0123 456789", "A token holds no spaces or line breaks. Copy it anew, as a whole."),
        ("key_0123\r\nX-Evil: 1", "A token holds no spaces or line breaks. Copy it anew, as a whole."),
        ("key_0123456789é", "A token has only letters, digits and signs of the ASCII set."),
        ("key_0123456789\x7f", "A token has only letters, digits and signs of the ASCII set."),
    ],
)
def test_what_is_wrong_with_a_token(typed: str, sentence: str) -> None:
    assert said(SecretForm({"token": typed}), "token") == [sentence]


@pytest.mark.parametrize("token", ["key_0123456789", "short", "with a space"])
def test_a_typed_token_is_never_written_back(token: str) -> None:
    form = filled(token=token, projects="no good")
    form.is_valid()
    page = form.as_p()
    assert token not in page
    assert 'value="laptop"' in page
    assert 'value="no good"' in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Give it a name."),
        ("x" * 81, "A name has at most 80 characters; this has 81."),
        ("a\x07b", "A name holds no control characters."),
        ("a\nb", "A name holds no control characters."),
    ],
)
def test_what_is_wrong_with_a_name(typed: str, sentence: str) -> None:
    assert said(NameForm({"name": typed}), "name") == [sentence]


@pytest.mark.parametrize(
    ("projects", "typed", "meant"),
    [
        ("lab", "vm-1", [("lab", "vm-1")]),
        ("lab", "vm-1, vm-2", [("lab", "vm-1"), ("lab", "vm-2")]),
        ("lab, shop", "lab/vm-1 shop/vm-2", [("lab", "vm-1"), ("shop", "vm-2")]),
        ("lab", "", []),
    ],
)
def test_machines_named_by_hand(projects: str, typed: str, meant: list[tuple[str, str]]) -> None:
    form = filled(projects=projects, machines=typed)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["machines"] == meant


@pytest.mark.parametrize(
    ("projects", "typed", "sentence"),
    [
        ("lab, shop", "vm-1", "Which project is “vm-1” in? Write it as project/machine."),
        ("lab", "vm.1", f"“vm.1” is no machine id: it holds “.”. {RULE}"),
        ("lab", "lab/", f"“” is no machine id: it is empty. {RULE}"),
        ("lab", "../vm-1", f"“..” is no project id: it holds “.”. {RULE}"),
    ],
)
def test_what_is_wrong_with_a_machine(projects: str, typed: str, sentence: str) -> None:
    assert said(filled(projects=projects, machines=typed), "machines") == [sentence]


def test_a_machine_by_hand_needs_both_ids() -> None:
    form = MachineForm({})
    assert said(form, "project") == ["Name the project."]
    assert said(form, "machine") == ["Name the machine."]

"""Reads the views: each one asks the gate or a service on behalf of whoever sits there.

Coolify CVE-2026-48742: the checks of rights were there, and commented out.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.matrix_kit import routes

VIEWS = Path(__file__).parent.parent / "vps/views"
# Everybody may have these, signed in or not; they tell nothing of anybody.
PUBLIC = {"healthz", "readyz", "metrics", "theme"}
# Whoever has the key of a link may know that it is good.
BY_KEY = {"team_join_key", "wall", "wall_key", "wall_live"}
IDS = {name for route in routes() for name in route.pattern.converters}


class Module:
    """A module of views: its functions, and what it has from services and the gate."""

    def __init__(self, source: str) -> None:
        tree = ast.parse(source)
        self.functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        self.asked = {
            alias.asname or alias.name
            for node in tree.body
            if isinstance(node, ast.ImportFrom)
            and str(node.module).startswith(("vps.services", "vps.access"))
            for alias in node.names
        }

    def names_the_person(self, name: str, known: frozenset[str] = frozenset()) -> bool:
        """Whether the function hands `request.user` to a service, itself or by one of its module."""
        if name in known or name not in self.functions:
            return False
        for call in calls(self.functions[name]):
            if root(call.func) in self.asked and is_told(call, "request.user"):
                return True
            called = root(call.func)
            if is_told(call, "request") and self.names_the_person(called, known | {name}):
                return True
        return False

    def asked_without_a_person(self) -> Iterator[str]:
        """Services that are told an id of the address, and not who asks."""
        for function in self.functions.values():
            for call in calls(function) if function.name not in BY_KEY else ():
                ids = {arg.id for arg in arguments(call) if isinstance(arg, ast.Name)} & IDS
                if ids and root(call.func) in self.asked and not is_told(call, "request.user"):
                    yield f"{function.name}: {ast.unparse(call)}"


def calls(function: ast.FunctionDef) -> Iterator[ast.Call]:
    return (node for node in ast.walk(function) if isinstance(node, ast.Call))


def arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def is_told(call: ast.Call, what: str) -> bool:
    return any(ast.unparse(argument) == what for argument in arguments(call))


def root(called: ast.expr) -> str:
    return ast.unparse(called).split(".")[0]


def modules() -> dict[str, Module]:
    return {path.stem: Module(path.read_text(encoding="utf-8")) for path in VIEWS.rglob("*.py")}


def test_each_view_says_for_whom_it_asks() -> None:
    found, silent, seen = modules(), [], 0
    for route in routes():
        module, name = route.callback.__module__, route.callback.__name__
        if module.startswith("vps.views."):
            seen += 1
            if name not in PUBLIC | BY_KEY and not found[module.split(".")[-1]].names_the_person(name):
                silent.append(f"{module}.{name}")
    assert seen > 30
    assert silent == []


def test_no_service_is_told_an_id_without_who_asks() -> None:
    assert [call for module in modules().values() for call in module.asked_without_a_person()] == []


@pytest.mark.parametrize(
    ("body", "named", "unnamed"),
    [
        ("return show(request.user, project)", True, 0),
        ("return _page(request, show(request.user, project))", True, 0),
        ("return _helped(request, project)", True, 0),
        ("# show(request.user, project)\n    return render(request)", False, 0),
        ("return show(project)", False, 1),
        ("return show(request, project)", False, 1),
        ("return other(request.user, project)", False, 0),
    ],
)
def test_the_reader_of_views_finds_what_it_should(body: str, named: bool, unnamed: int) -> None:
    helper = "def _helped(request, project):\n    return show(request.user, project)\n"
    source = f"from vps.services.x import show\n{helper}def view(request, project):\n    {body}\n"
    module = Module(source)
    assert module.names_the_person("view") is named
    assert len(list(module.asked_without_a_person())) == unnamed

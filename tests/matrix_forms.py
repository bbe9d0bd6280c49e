"""What is posted to us, field by field: which fields hold ids of rows, and what becomes of somebody else's.

Found in vps/views, vps/forms and vps/accounts by `posted_fields`. A field that holds no id of a row stands in NO_IDS;
one that does has its lines in FOREIGN: the URL's name, who posts, what, and the answer, in the letters of
tests/matrix_rows.py.
"""

import ast
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from django import forms

from tests.matrix_world import World

ROOT = Path(__file__).parent.parent

NO_IDS = {
    # words, secrets and marks of a page
    "bulk.all", "bulk.command", "login.seen", "power.name", "power.next", "power.nonce", "power.place", "theme.theme",
    "AddTokenForm.name", "AddTokenForm.token", "ForceStopForm.sure", "NameForm.name", "SecretForm.token",
    "ExpectedForm.expected", "NotesForm.notes", "NotesForm.seen", "TagsForm.had", "TagsForm.tags",
    "TeamForm.name", "RoleForm.role", "InviteForm.role", "InviteForm.email",
    "PersonForm.email", "PersonForm.name", "ResetForm.forget_factors",
    "NewPasswordForm.new_password1", "NewPasswordForm.new_password2", "SignInForm.password", "SignInForm.remember",
    "ActivateForm.code", "AddPasskeyForm.credential", "AddPasskeyForm.name", "AddPasskeyForm.passwordless",
    "CodeAgainForm.code", "CodeForm.code", "PasskeyAgainForm.credential", "PasskeyAsFactorForm.credential",
    "PasskeySignInForm.credential", "factor_views.next",
    # what is searched for in what one sees anyway
    "AuditForm.kind", "AuditForm.machine", "AuditForm.outcome", "AuditForm.person", "AuditForm.since", "AuditForm.team",
    "AuditForm.until",
    # ids at the provider, which is asked for them with that very token before anything is saved
    "AddTokenForm.machines", "AddTokenForm.projects",
    "MachineForm.machine", "MachineForm.project", "ProjectForm.machine", "ProjectForm.project",
}  # fmt: skip


class Foreign(NamedTuple):
    field: str
    url: str
    person: str
    answer: str
    typed: Callable[[World], dict[str, Any]]


FOREIGN = [
    Foreign("bulk.machine", "bulk", "owner", "N", lambda w: reboot(w, "stranger_machine")),
    Foreign("bulk.machine", "bulk", "stranger", "N", lambda w: reboot(w, "machine")),
    Foreign(
        "KeeperForm.keeper", "machine_keeper", "owner", "o", lambda w: {"keeper": w.people["stranger"].pk}
    ),
    Foreign("ShareForm.what", "team_share", "viewer", "o", lambda w: open_to(w, "token")),
    Foreign("ShareForm.what", "team_share", "owner", "o", lambda w: open_to(w, "stranger_token")),
    Foreign("console.session", "console_ticket", "owner", "N", lambda w: stay(w, "console_of_removed")),
    Foreign("console.session", "console_ticket", "owner", "N", lambda w: stay(w, "console_elsewhere")),
]


def reboot(world: World, machine: str) -> dict[str, Any]:
    return {"command": "reboot", "machine": [world.rows[machine].pk]}


def open_to(world: World, token: str) -> dict[str, Any]:
    return {"what": f"{world.rows[token].pk}/prj-2"}


def stay(world: World, row: str) -> dict[str, Any]:
    return {"session": str(world.rows[row].pk)}


def posted_fields() -> set[str]:
    """As “view.field” and “Form.field”."""
    found = set()
    for path in [*(ROOT / "vps/views").rglob("*.py"), *(ROOT / "vps/accounts").glob("*.py")]:
        found |= {f"{path.stem}.{name}" for name in _read_from_post(path.read_text(encoding="utf-8"))}
    for path in (ROOT / "vps/accounts").glob("*.py"):
        import_module(
            f"vps.accounts.{path.stem}"
        )  # allauth imports the forms that we name to it when they are needed
    for form in _forms(forms.BaseForm):
        if form.__module__.startswith("vps."):
            found |= {f"{form.__name__}.{name}" for name in form.base_fields}
    return found


def _forms(base: type[forms.BaseForm]) -> Iterator[type[Any]]:
    for form in base.__subclasses__():
        yield form
        yield from _forms(form)


def _read_from_post(source: str) -> Iterator[str]:
    """The names in `….POST.get("name")`, `….POST.getlist("name")` and `….POST["name"]`."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr.startswith("get")
        ):
            holder, names = node.func.value, node.args[:1]
        elif isinstance(node, ast.Subscript):
            holder, names = node.value, [node.slice]
        else:
            continue
        if any(isinstance(part, ast.Attribute) and part.attr == "POST" for part in ast.walk(holder)):
            yield from (str(name.value) for name in names if isinstance(name, ast.Constant))

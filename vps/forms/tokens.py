"""What people type, checked before anything is asked of the provider; each error is a sentence beside its field."""

import re
import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps.services.ids import is_id, is_token
from vps.services.tokens import Secret

LONGEST_NAME = 80
MOST_IDS = 50
SHOWN = 80


def clean_id(typed: str, what: object) -> str:
    """The id as it was typed; `what` is PROJECT or MACHINE. Raises ValidationError with the reason in words."""
    if is_id(typed):
        return typed
    shown = typed if len(typed) <= SHOWN else f"{typed[:SHOWN]}…"
    sentence = _("“%(typed)s” is no %(what)s id: %(why)s. An id has letters, digits, - and _, at most 64.")
    raise forms.ValidationError(sentence % {"typed": shown, "what": what, "why": _fault(typed)})


def _fault(typed: str) -> str:
    if not typed:
        return _("it is empty")
    if re.search(r"\s", typed):
        return _("it holds spaces")
    if len(typed) > 64:
        return _("it has %(n)d characters") % {"n": len(typed)}
    if re.fullmatch(r"[A-Za-z0-9_-]+", typed):
        return _("it begins with “%(first)s”") % {"first": typed[0]}
    strange = next(letter for letter in typed if not re.fullmatch(r"[A-Za-z0-9_-]", letter))
    return _("it holds “%(letter)s”") % {"letter": strange if strange.isprintable() else repr(strange)[1:-1]}


MONO = {"class": "input mono", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
PROJECT, MACHINE = gettext_lazy("project"), gettext_lazy("machine")


def split_ids(typed: str) -> list[str]:
    """The ids in a text, each once: parted by commas or line breaks, or by spaces alone.

    Spaces part only words of three letters and more: “shop prod 2” is rather one id, mistyped, than three.
    """
    parts = [part.strip() for part in re.split(r"[,;\r\n]+", typed)]
    words = typed.split()
    if len(parts) == 1 and all(len(word) > 2 for word in words):
        parts = words
    if len(parts) > MOST_IDS:
        raise forms.ValidationError(_("At most %(most)d ids at once.") % {"most": MOST_IDS})
    return list(dict.fromkeys(part for part in parts if part))


def id_field(label: Any, missing: Any, **options: Any) -> forms.CharField:
    errors = {"required": missing, "max_length": gettext_lazy("That is too long.")}
    widget = forms.TextInput(attrs=MONO)
    return forms.CharField(label=label, max_length=10_000, widget=widget, error_messages=errors, **options)


class NameForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=LONGEST_NAME,
        help_text=gettext_lazy("For you, to tell tokens apart."),
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Give it a name."),
            "max_length": gettext_lazy(
                "A name has at most %(limit_value)d characters; this has %(show_value)d."
            ),
        },
    )

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
            raise forms.ValidationError(_("A name holds no control characters."))
        return name


class SecretForm(forms.Form):
    """A token, which is never written back into a page; `cleaned_data` holds it as a Secret."""

    token = forms.CharField(
        label=gettext_lazy("Token"),
        max_length=100_000,
        help_text=gettext_lazy("From the provider’s console, under API tokens."),
        widget=forms.PasswordInput(attrs={**MONO, "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Paste the token here.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self.fields["token"].help_text = _("Enter it again: what you typed is not kept on this page.")

    def clean_token(self) -> Secret:
        typed = str(self.cleaned_data["token"])
        if is_token(typed):
            return Secret(typed)
        if re.search(r"\s", typed):
            raise forms.ValidationError(
                _("A token holds no spaces or line breaks. Copy it anew, as a whole.")
            )
        if not 8 <= len(typed) <= 4096:
            sentence = _("A token has 8 to 4096 characters; this one has %(n)d.") % {"n": len(typed)}
            raise forms.ValidationError(sentence)
        raise forms.ValidationError(_("A token has only letters, digits and signs of the ASCII set."))


class AddTokenForm(SecretForm, NameForm):
    """`cleaned_data`: name, token (a Secret), projects (a list of ids), machines (pairs of project and machine)."""

    field_order = ["name", "token", "projects", "machines"]
    projects = id_field(
        gettext_lazy("Project IDs"),
        gettext_lazy("Name at least one project."),
        help_text=gettext_lazy("One or more, with commas between them."),
    )
    machines = id_field(
        gettext_lazy("Machine IDs"),
        "",
        required=False,
        help_text=gettext_lazy(
            "For a project whose listing is refused: one of its machines, as project/machine."
        ),
    )

    def clean_projects(self) -> list[str]:
        found = split_ids(self.cleaned_data["projects"])
        if not found:
            raise forms.ValidationError(self.fields["projects"].error_messages["required"])
        return [clean_id(typed, PROJECT) for typed in found]

    def clean_machines(self) -> list[tuple[str, str]]:
        return [self._hand(typed) for typed in split_ids(self.cleaned_data["machines"])]

    def _hand(self, typed: str) -> tuple[str, str]:
        project, slash, machine = typed.rpartition("/")
        if slash:
            return clean_id(project.strip(), PROJECT), clean_id(machine.strip(), MACHINE)
        projects = self.cleaned_data.get("projects", [])
        if len(projects) > 1:
            raise forms.ValidationError(
                _("Which project is “%(typed)s” in? Write it as project/machine.") % {"typed": typed[:SHOWN]}
            )
        return (projects or [""])[0], clean_id(typed, MACHINE)


class ProjectForm(forms.Form):
    """A further project for a stored token."""

    prefix = "project"
    project = id_field(gettext_lazy("Project ID"), gettext_lazy("Name the project."))
    machine = id_field(
        gettext_lazy("Machine ID"),
        "",
        required=False,
        help_text=gettext_lazy("Only where the token may not list machines."),
    )

    def clean_project(self) -> str:
        return clean_id(self.cleaned_data["project"], PROJECT)

    def clean_machine(self) -> str:
        typed = self.cleaned_data["machine"]
        return clean_id(typed, MACHINE) if typed else ""


class MachineForm(ProjectForm):
    """A machine that is named by hand."""

    prefix = "machine"
    machine = id_field(gettext_lazy("Machine ID"), gettext_lazy("Name the machine."))

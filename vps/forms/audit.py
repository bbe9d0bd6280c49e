"""Which audit lines are looked for, as the address of the page says."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps.services import audit_lines
from vps.services.audit import Code
from vps.services.audit_words import GROUPS, OUTCOMES, kind
from vps.services.ids import is_id

MOMENTS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
UTC_HINT = gettext_lazy("In UTC.")


def _kinds() -> list[tuple[str, Any]]:
    groups: list[tuple[str, Any]] = [
        (str(word), [(group, _("%(group)s: all") % {"group": word}), *_codes(group)])
        for group, word in GROUPS.items()
    ]
    return [("", _("Any")), *groups]


def _codes(group: str) -> list[tuple[str, str]]:
    return [(code.value, kind(code)) for code in Code if code.group == group]


def _outcomes() -> list[tuple[str, Any]]:
    return [("", _("Any")), *((outcome, word) for outcome, (word, _tone, _codes) in OUTCOMES.items())]


def _select(label: Any, **options: Any) -> forms.ChoiceField:
    errors = {"invalid_choice": gettext_lazy("Choose one of these.")}
    widget = forms.Select(attrs={"class": "input"})
    return forms.ChoiceField(label=label, required=False, error_messages=errors, widget=widget, **options)


def _text(label: Any, suggested: str) -> forms.CharField:
    attrs = {"class": "input", "list": suggested, "autocomplete": "off", "autocapitalize": "none"}
    errors = {"max_length": gettext_lazy("That is too long.")}
    widget = forms.TextInput(attrs=attrs)
    return forms.CharField(label=label, required=False, max_length=200, error_messages=errors, widget=widget)


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"class": "input", "type": "datetime-local"}, format=MOMENTS[0])
    errors = {"invalid": gettext_lazy("Write a day and a time, such as 2026-11-24 13:30.")}
    return forms.DateTimeField(
        label=label,
        required=False,
        input_formats=MOMENTS,
        widget=widget,
        help_text=UTC_HINT,
        error_messages=errors,
    )


class AuditForm(forms.Form):
    """`wanted()` after `is_valid()`. The lists offer what this person may see, and no more."""

    person = _text(gettext_lazy("Person"), "people")
    machine = _text(gettext_lazy("Machine"), "machines")
    team = _select(gettext_lazy("Team"))
    kind = _select(gettext_lazy("Kind"), choices=_kinds)
    outcome = _select(gettext_lazy("Outcome"), choices=_outcomes)
    since = _moment(gettext_lazy("From"))
    until = _moment(gettext_lazy("To"))

    def __init__(self, user: User, typed: Any) -> None:
        super().__init__(typed)
        self.user, self.choices = user, audit_lines.choices(user)
        teams = [(str(key), name) for key, name in self.choices.teams]
        self.fields["team"].choices = [("", _("Any")), *teams]  # type: ignore[attr-defined]

    def clean_person(self) -> str:
        return _printable(self.cleaned_data["person"])

    def clean_machine(self) -> tuple[str, str] | None:
        typed = _printable(self.cleaned_data["machine"])
        project, slash, product = typed.partition("/")
        if not typed:
            return None
        if slash and is_id(project) and is_id(product):
            return project, product
        try:
            return audit_lines.find_machine(self.user, typed)
        except audit_lines.NoMachine:
            sentence = _("You see no machine of that name or id. Another one is written as project/id.")
            raise forms.ValidationError(sentence) from None
        except audit_lines.SeveralMachines:
            sentence = _("Several machines are called so. Write the one that you mean as project/id.")
            raise forms.ValidationError(sentence) from None

    def clean_since(self) -> datetime | None:
        return _in_utc(self.cleaned_data["since"])

    def clean_until(self) -> datetime | None:
        until = _in_utc(self.cleaned_data["until"])
        since = self.cleaned_data.get("since")
        if since and until and until <= since:
            raise forms.ValidationError(_("This is not after the time that it begins with."))
        return until

    def wanted(self) -> audit_lines.Wanted:
        data = self.cleaned_data
        return audit_lines.Wanted(
            person=data["person"],
            machine=data["machine"],
            team=next((key for key, _name in self.choices.teams if str(key) == data["team"]), None),
            codes=audit_lines.codes_of(data["kind"]),
            outcome=data["outcome"],
            since=data["since"],
            until=data["until"],
        )


def _in_utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None


def _printable(typed: str) -> str:
    if not typed.isprintable():
        raise forms.ValidationError(_("A name holds no control characters."))
    return typed.strip()

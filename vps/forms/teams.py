"""What is typed of teams."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps.services.roles import ROLES, Role

from .tokens import MONO, NameForm

SELECT = {"class": "input"}


class TeamForm(NameForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].help_text = ""


class RoleForm(forms.Form):
    role = forms.TypedChoiceField(
        label=gettext_lazy("Role"),
        choices=ROLES,
        coerce=lambda typed: Role(int(typed)),
        widget=forms.Select(attrs=SELECT),
    )


class InviteForm(RoleForm):
    """`mail`: whether a mail server is set; else there is no field for an address."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs=MONO),
        help_text=gettext_lazy("Where the link is mailed to. It may stay empty: you are shown the link."),
    )

    def __init__(self, *args: Any, mail: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not mail:
            del self.fields["email"]


class ShareForm(forms.Form):
    """One of the `choices` (key, words): a token's id and a project, parted by a slash."""

    what = forms.ChoiceField(
        label=gettext_lazy("Project"),
        widget=forms.Select(attrs=SELECT),
        error_messages={
            "required": gettext_lazy("Choose a project of one of your tokens."),
            "invalid_choice": gettext_lazy("Choose a project of one of your tokens."),
        },
    )

    def __init__(self, *args: Any, choices: Iterable[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["what"].choices = list(choices)  # type: ignore[attr-defined]

    def clean_what(self) -> tuple[UUID, str]:
        token, _slash, project = self.cleaned_data["what"].partition("/")
        try:
            return UUID(token), project
        except ValueError as error:
            raise ValidationError(_("Choose a project of one of your tokens.")) from error

"""What people say of a machine, as they type it."""

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps.services import remarks

from .tokens import MONO, SHOWN


class ExpectedForm(forms.Form):
    expected = forms.ChoiceField(
        label=gettext_lazy("It should be"),
        choices=list(remarks.EXPECTATIONS.items()),
        required=False,
        widget=forms.Select(attrs={"class": "input", "autofocus": True}),
        error_messages={"invalid_choice": gettext_lazy("Choose one of these.")},
    )


class TagsForm(forms.Form):
    """`cleaned_data`: tags and had, lists of tags: those that are wanted, and those that were there."""

    had = forms.CharField(required=False, widget=forms.HiddenInput)
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("Words with commas or spaces between them, such as web, prod."),
        widget=forms.TextInput(attrs={**MONO, "autofocus": True}),
    )

    def clean_tags(self) -> list[str]:
        try:
            return remarks.read_tags(self.cleaned_data["tags"])
        except ValueError as none:
            word = str(none) if len(str(none)) <= SHOWN else f"{str(none)[:SHOWN]}…"
            sentence = _("“%(word)s” is no tag: it has letters, digits, - _ and ., at most %(most)d.")
            raise forms.ValidationError(sentence % {"word": word, "most": remarks.TAG_LENGTH}) from None

    def clean_had(self) -> list[str]:
        return str(self.cleaned_data["had"]).split()


class NotesForm(forms.Form):
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    notes = forms.CharField(
        label=gettext_lazy("Notes"),
        required=False,
        max_length=remarks.NOTES_LENGTH,
        help_text=gettext_lazy("Everyone who sees the machine reads them: no passwords, please."),
        widget=forms.Textarea(attrs={"class": "input", "rows": 8, "autofocus": True}),
    )

    def clean_notes(self) -> str:
        notes = "\n".join(str(self.cleaned_data["notes"]).splitlines())
        if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in notes):
            raise forms.ValidationError(_("Notes hold no control characters."))
        return notes


class KeeperForm(forms.Form):
    """`cleaned_data`: keeper, the key of a person, or None for nobody."""

    keeper = forms.TypedChoiceField(
        label=gettext_lazy("Who looks after it"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=gettext_lazy("One of those who see the machine."),
        widget=forms.Select(attrs={"class": "input", "autofocus": True}),
        error_messages={"invalid_choice": gettext_lazy("They do not see this machine. Choose another one.")},
    )

    def __init__(self, *args: Any, keepers: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["keeper"]
        field.choices = [("", _("Nobody")), *keepers]

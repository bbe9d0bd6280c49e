"""People, as the installation's admin types them."""

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.utils.translation import gettext_lazy

from .tokens import MONO


class PersonForm(forms.Form):
    """Somebody who is to sign in here."""

    name = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        help_text=gettext_lazy("To sign in with, and how others see them."),
        widget=forms.TextInput(attrs=MONO),
        error_messages={"required": gettext_lazy("Give them a name.")},
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("They may sign in with it too. It may stay empty."),
        widget=forms.EmailInput(attrs=MONO),
    )


class ResetForm(forms.Form):
    forget_factors = forms.BooleanField(
        label=gettext_lazy(
            "Forget their second factor and recovery codes too: they are lost, or somebody else’s"
        ),
        required=False,
    )

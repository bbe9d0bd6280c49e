from django import forms
from django.utils.translation import gettext_lazy


class ForceStopForm(forms.Form):
    """Pulling the plug asks for more than a click."""

    sure = forms.BooleanField(
        error_messages={"required": gettext_lazy("Tick this first: nothing was sent.")},
    )

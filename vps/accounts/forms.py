from typing import Any

from allauth.account.forms import LoginForm
from django.contrib.auth.forms import SetPasswordForm
from django.core.validators import MaxLengthValidator

LONGEST_LOGIN = 254  # an e-mail address; much longer ones make SQLite give up on the comparison
LONGEST_PASSWORD = 4096


class SignInForm(LoginForm):
    """Name or e-mail and password, neither longer than can make sense."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].validators.append(MaxLengthValidator(LONGEST_LOGIN))
        self.fields["password"].validators.append(MaxLengthValidator(LONGEST_PASSWORD))


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """A password that can be typed at the sign-in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].validators.append(MaxLengthValidator(LONGEST_PASSWORD))

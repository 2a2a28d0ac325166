"""The forms of logging in and of one's account."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, PasswordResetForm, SetPasswordForm
from django.contrib.auth.models import User
from django.http import HttpRequest

from meetings.models import ApiToken
from meetings.services.tokens import NAME_MAX_CHARS

if TYPE_CHECKING:  # generic in the stubs only
    AnySetPasswordForm = SetPasswordForm[User]
else:
    AnySetPasswordForm = SetPasswordForm

DAY_CHOICES = (("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("", "Until I revoke it"))
SCOPE_CHOICES = (
    (ApiToken.Scope.READ.value, "Read"),
    (ApiToken.Scope.WRITE.value, "Read and write"),
    (ApiToken.Scope.ADMIN.value, "Everything, also who may do what"),
)


class LogInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "There is no account with this username and password.",
        "inactive": "There is no account with this username and password.",
    }


class OwnPasswordForm(PasswordChangeForm):
    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        _help(self.fields)

    def clean_old_password(self) -> str:
        """Counted as at the log-in, so that whoever finds an open browser does not get to try passwords."""
        typed: str = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.get_username(), password=typed) is None:
            raise forms.ValidationError(self.error_messages["password_incorrect"])
        return typed


class ResetAskForm(PasswordResetForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "Your e-mail address"


class NewPasswordForm(AnySetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _help(self.fields)


def _help(fields: Mapping[str, forms.Field]) -> None:
    fields["new_password1"].help_text = "At least 8 characters, no common word, not only digits."
    fields["new_password2"].help_text = ""


class TokenForm(forms.Form):
    name = forms.CharField(
        label="What is it for?",
        max_length=NAME_MAX_CHARS,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Minutes bot"}),
    )
    scope = forms.ChoiceField(label="It may", choices=SCOPE_CHOICES, initial=ApiToken.Scope.READ.value)
    days = forms.ChoiceField(label="It lasts", choices=DAY_CHOICES, initial="90", required=False)

    @property
    def choices(self) -> dict[str, Any]:
        """What `api_token_create_own` is told, of a valid form."""
        days = self.cleaned_data["days"]
        return {
            "name": self.cleaned_data["name"],
            "scope": self.cleaned_data["scope"],
            "expires_in": timedelta(days=int(days)) if days else None,
        }

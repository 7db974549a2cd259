"""Forms of second factors and of proving again who one is."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.services.passkeys import NAME_LENGTH


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )


class AppCodeForm(CodeForm):
    """The code of an app, digits alone: telephones then show the keys for them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class ConfirmPasswordForm(forms.Form):
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


class CredentialForm(forms.Form):
    """What the browser answered for a passkey; static/js/passkeys.js fills it in."""

    # One that holds an attestation has some two kilobytes.
    credential = forms.CharField(max_length=16_000, widget=forms.HiddenInput)

    def clean_credential(self) -> Any:
        try:
            return json.loads(self.cleaned_data["credential"])
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_("The browser gave no passkey.")) from error


class NewPasskeyForm(CredentialForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        help_text=_("To tell it from others: the telephone, the key on the key ring."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PasskeyNameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)

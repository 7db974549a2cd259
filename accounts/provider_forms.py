"""Registering with what an identity provider said of somebody."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import IdentityProvider
from accounts.permissions import Role


class NewcomerForm(forms.Form):
    """The name as it was told, and the e-mail where the provider has not proved one."""

    display_name = forms.CharField(
        label=_("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("We send a link there, to see that it is yours."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    birth_date = forms.DateField(
        label=_("Date of birth"), widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"})
    )

    def __init__(self, *args: Any, told: dict[str, Any], provider: IdentityProvider, **kwargs: Any) -> None:
        initial = {"display_name": told["name"], "email": told["email"]}
        super().__init__(*args, **{"initial": initial, **kwargs})
        if told["verified"]:
            del self.fields["email"]
        if provider.role != Role.STUDENT:
            del self.fields["birth_date"]

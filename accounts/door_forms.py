"""Forms of the pages before log-in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.passwords import LONGEST
from accounts.services.people import SELF_CHOSEN


class EmailInput(forms.EmailField):
    def __init__(self, *, first: bool = True, **kwargs: Any) -> None:
        attrs = {"autocomplete": "username", **({"autofocus": True} if first else {})}
        super().__init__(**{"label": _("E-mail"), "max_length": 254, "widget": forms.EmailInput(attrs), **kwargs})


class PasswordField(forms.CharField):
    """A password as it was typed or pasted, whole; a script offers to show it."""

    def __init__(self, *, autocomplete: str = "current-password", **kwargs: Any) -> None:
        attrs = {"autocomplete": autocomplete, "data-password": "", "spellcheck": "false", "autocapitalize": "none"}
        super().__init__(strip=False, max_length=LONGEST, widget=forms.PasswordInput(attrs=attrs), **kwargs)


class NewPasswordField(PasswordField):
    def __init__(self, **kwargs: Any) -> None:
        # In one sentence what AUTH_PASSWORD_VALIDATORS ask for; each says for itself what is wrong.
        help_text = _(
            "8 characters or more: upper case, lower case, a digit and a symbol. Not a known password, nor your name."
        )
        super().__init__(autocomplete="new-password", help_text=help_text, **kwargs)


class LoginForm(forms.Form):
    email = EmailInput()
    password = PasswordField(label=_("Password"))


class AskedDate(forms.DateField):
    """What a service asks of some people alone. The form does not insist, yet "(optional)" beside it would mislead."""

    is_asked = True


class AskedEmail(forms.EmailField):
    """As AskedDate."""

    is_asked = True


def guardian_field() -> forms.EmailField:
    return AskedEmail(
        label=_("Your guardian's e-mail"),
        max_length=254,
        required=False,
        help_text=_("It is used to ask, and erased with the answer, or after five days."),
    )


class RegistrationForm(forms.Form):
    display_name = forms.CharField(
        label=_("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )
    email = EmailInput(first=False)
    password = NewPasswordField(label=_("Password"))
    role = forms.ChoiceField(
        label=_("I am a"), choices=[(role.value, role.label) for role in SELF_CHOSEN], widget=forms.RadioSelect
    )
    birth_date = AskedDate(
        label=_("Date of birth"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
        help_text=_("For students. Under 14 years a parent or guardian has to agree; they are asked by e-mail."),
    )
    organization_code = forms.CharField(
        label=_("Organization code"),
        max_length=40,
        required=False,
        help_text=_("If your school or academy gave you one."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"role": SELF_CHOSEN[0]}, **kwargs})
        if "guardian_email" in self.data:
            self.ask_for_guardian()

    def ask_for_guardian(self) -> None:
        """Only of children: nobody else is asked for another person's address."""
        self.fields["guardian_email"] = guardian_field()
        # Beside the date that asks for it.
        before = list(self.fields)
        before.insert(before.index("birth_date") + 1, before.pop())
        self.order_fields(before)


class BirthDateForm(forms.Form):
    birth_date = forms.DateField(
        label=_("Date of birth"),
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "guardian_email" in self.data:
            self.ask_for_guardian()

    def ask_for_guardian(self) -> None:
        self.fields["guardian_email"] = guardian_field()


class EmailForm(forms.Form):
    email = EmailInput()


class ConfirmForm(forms.Form):
    password = PasswordField(label=_("Password"))


class NewPasswordForm(forms.Form):
    password = NewPasswordField(label=_("New password"))


class EmailChangeForm(forms.Form):
    email = EmailInput(label=_("New e-mail"), first=False)
    password = PasswordField(label=_("Current password"))

"""Forms of the pages around accounts. What the services refuse is shown beside its field by `show_problem`."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.personal_numbers import shown_phone
from accounts.services.people import SELF_CHOSEN
from zones.problems import Problem


def show_problem(form: forms.Form, problem: Problem) -> None:
    """Put a refusal where it belongs: beside the fields that it names, else above the form."""
    named: dict[str, Any] = problem.extra.get("errors", {})
    for field, messages in named.items():
        for message in messages:
            form.add_error(field if field in form.fields else None, message)
    if not named:
        form.add_error(None, str(problem.detail))


class LoginForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class NewPasswordField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False)
        help_text = lazy(password_validators_help_text_html, str)()
        super().__init__(strip=False, max_length=200, widget=widget, help_text=help_text, **kwargs)


class RegistrationForm(forms.Form):
    display_name = forms.CharField(
        label=_("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = NewPasswordField(label=_("Password"))
    role = forms.ChoiceField(
        label=_("I am a"), choices=[(role.value, role.label) for role in SELF_CHOSEN], widget=forms.RadioSelect
    )
    organization_code = forms.CharField(
        label=_("Organization code"),
        max_length=40,
        required=False,
        help_text=_("If your school or academy gave you one."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"role": SELF_CHOSEN[0]}, **kwargs})


class ProfileForm(forms.Form):
    display_name = forms.CharField(
        label=_("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser asks")), *settings.LANGUAGES]
    )
    phone = forms.CharField(
        label=_("Telephone"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        help_text=_("For messages about your exams. It is stored encrypted; take it away whenever you like."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        initial = {"display_name": user.display_name, "language": user.language, "phone": shown_phone(user.phone)}
        super().__init__(*args, **{"initial": initial, **kwargs})


class PasswordForm(forms.Form):
    current = forms.CharField(
        label=_("Current password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = NewPasswordField(label=_("New password"))


class LinkForm(forms.Form):
    student_email = forms.EmailField(label=_("Your child's e-mail"), max_length=254)

"""Forms of the pages around accounts. What the services refuse is shown beside its field by `show_problem`."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.door_forms import NewPasswordField, PasswordField
from accounts.models import User
from accounts.personal_numbers import shown_phone
from audit.refusals import record_problem
from zones.problems import Problem


def show_problem(request: HttpRequest, form: forms.Form, problem: Problem) -> None:
    """Put a refusal where it belongs: beside the fields that it names, else above the form; and into the log."""
    record_problem(request, problem)
    named: dict[str, Any] = problem.extra.get("errors", {})
    for field, messages in named.items():
        for message in messages:
            form.add_error(field if field in form.fields else None, message)
    if not named:
        form.add_error(None, str(problem.detail))


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
    current = PasswordField(label=_("Current password"))
    new = NewPasswordField(label=_("New password"))


class LinkForm(forms.Form):
    student_email = forms.EmailField(label=_("Your child's e-mail"), max_length=254)

"""What somebody shows on a page who has a passkey, to get in or to confirm who they are."""

import json

from django.http import HttpRequest

from accounts.models import User
from accounts.security_forms import CredentialForm
from accounts.services import passkeys
from accounts.services.passkeys import RelyingParty

# What waits in the session between a question and its answer.
PASSKEY_STATE = "passkey_state"


def ask_passkey(request: HttpRequest, user: User, party: RelyingParty) -> str:
    """What the browser is to be asked, as JSON; nothing for somebody who has no passkey here."""
    options, request.session[PASSKEY_STATE] = passkeys.begin_proving(user=user, party=party)
    return json.dumps(options) if passkeys.passkeys_of(user, party) else ""


def passkey_shown(request: HttpRequest, user: User, party: RelyingParty) -> bool:
    """Whether the form brings a passkey, and it is theirs. Raises what passkeys.prove raises for one that is not."""
    form = CredentialForm(request.POST)
    if not form.is_valid():
        return False
    state = request.session.pop(PASSKEY_STATE, None)
    passkeys.prove(user=user, party=party, state=state, **form.cleaned_data)
    return True

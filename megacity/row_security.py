"""Tables of libraries: Django's own applications, and allauth's."""

from accounts.row_security import COLLEAGUES
from zones.policies import NOT_CONFINED, PERSON, REFERENCE, SOMEBODY, UNUSED, Policy, of_person

_OWN_OR_COLLEAGUES = f"user_id = {PERSON} OR user_id IN {COLLEAGUES}"

POLICIES = {
    "contenttypes.ContentType": REFERENCE,
    # Permissions are the table in accounts.permissions; the log is audit's.
    "auth.Permission": UNUSED,
    "auth.Group": UNUSED,
    "auth.Group_permissions": UNUSED,
    # Django asks it for every account that is deleted.
    "admin.LogEntry": NOT_CONFINED,
    # Read before anybody is known, by accounts.sessions alone.
    "sessions.Session": NOT_CONFINED,
    "account.EmailAddress": of_person("user_id"),
    "account.EmailConfirmation": NOT_CONFINED,
    # An administrator of the organization takes a lost factor away.
    "mfa.Authenticator": Policy(_OWN_OR_COLLEAGUES, _OWN_OR_COLLEAGUES),
    # Which ways to log in the zone offers; its secrets are encrypted.
    "socialaccount.SocialApp": Policy(read=SOMEBODY),
    "socialaccount.SocialAccount": of_person("user_id"),
    "socialaccount.SocialToken": NOT_CONFINED,
}

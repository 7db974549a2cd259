"""What the columns of this app, and of the libraries that keep accounts, say of people (see zones.classification)."""

from zones.classification import Erase, Kind, Table

ACCOUNT = "the account's life"

PRIVACY = {
    "accounts.Organization": Table(
        purpose="Schools, academies and companies",
        fields={Kind.NONE: "id name code plan status created_at"},
    ),
    "accounts.User": Table(
        purpose="Log-in, and being known to one's teachers",
        retention="until the person or the organization asks for erasure; a closed account opens nothing until then",
        person=("pk",),
        # The row stays: answers point at it. What is left of it is an id and a role.
        erase=Erase.ELSEWHERE,
        fields={
            Kind.NONE: "role language is_active created_at consent",
            Kind.INTERNAL: "phone_index password_temporary password_changed_at email_verified_at session_epoch",
            Kind.IDENTIFIER: "id organization",
            Kind.CONTACT: "email display_name phone",
            Kind.SENSITIVE: "resident_number birth_date",
            Kind.BEHAVIOUR: "last_login",
            Kind.CREDENTIAL: "password",
        },
    ),
    "accounts.Classroom": Table(
        purpose="Classes",
        fields={Kind.NONE: "id name created_at", Kind.IDENTIFIER: "organization"},
    ),
    "accounts.ClassMembership": Table(
        purpose="Who is in a class",
        retention=ACCOUNT,
        person=("user",),
        erase=Erase.ROW,
        fields={Kind.NONE: "id kind", Kind.IDENTIFIER: "classroom user"},
    ),
    "accounts.ParentLink": Table(
        purpose="Which parent sees whose results",
        retention=ACCOUNT,
        person=("parent", "student"),
        erase=Erase.ROW,
        fields={
            Kind.NONE: "id status guardian confirm_by",
            Kind.IDENTIFIER: "parent student decided_by",
            Kind.BEHAVIOUR: "requested_at decided_at",
        },
    ),
    "accounts.GuardianRequest": Table(
        purpose="Asking a guardian whether a child under 14 may have an account",
        retention="until the answer, five days at most",
        person=("child",),
        erase=Erase.ROW,
        of_others="email",
        fields={
            Kind.NONE: "id language",
            Kind.IDENTIFIER: "child",
            Kind.INTERNAL: "mails mailed_at",
            Kind.BEHAVIOUR: "created_at",
            Kind.CONTACT: "email",
            Kind.CREDENTIAL: "token_hash",
        },
    ),
    "accounts.GuardianConsent": Table(
        purpose="Proof of a guardian's consent to a child's account",
        # Written once: a trigger lets the name and the address of the network be emptied, and nothing else.
        retention="three years, and as long as the account rests on it",
        person=("child_id", "guardian_id"),
        erase=Erase.EMPTY,
        of_others="guardian_name ip",
        fields={
            Kind.NONE: "id kind method relation text_version reference",
            Kind.IDENTIFIER: "child_id organization_id guardian_id recorded_by_id",
            Kind.BEHAVIOUR: "at",
            Kind.CONTACT: "guardian_name ip",
        },
    ),
    "accounts.RosterId": Table(
        purpose="What a school's own system calls a person or a class",
        retention=ACCOUNT,
        person=("user",),
        erase=Erase.ROW,
        fields={Kind.NONE: "id", Kind.IDENTIFIER: "organization user classroom", Kind.CONTACT: "sourced_id"},
    ),
    "accounts.SecurityPolicy": Table(
        purpose="What the zone decided about log-in, passwords and its log",
        fields={
            Kind.NONE: "id password_days teachers_need_factor session_idle_minutes session_hours console_idle_minutes"
            " console_hours ask_birth_date roster_unknown_age audit_months",
        },
    ),
    "accounts.RosterImport": Table(
        purpose="A school's list of people on its way into accounts",
        retention="30 days",
        person=("created_by",),
        # Lists of many people: the person's lines are taken out of each.
        erase=Erase.MENTION,
        exported=False,
        # Dates of birth and guardians' addresses, until the import.
        encrypted={"roster": "roster:{id}"},
        fields={
            Kind.NONE: "id created_at finished_at status",
            Kind.IDENTIFIER: "organization created_by",
            Kind.CONTACT: "roster report",
            Kind.FREE_TEXT: "file_name problem",
        },
    ),
    "accounts.RefreshSession": Table(
        purpose="Refresh tokens that were given out",
        retention="30 days",
        person=("user",),
        erase=Erase.ROW,
        exported=False,
        fields={
            Kind.IDENTIFIER: "jti family user",
            Kind.BEHAVIOUR: "created_at used_at",
            Kind.INTERNAL: "expires_at family_ends_at revoked_at amr",
        },
    ),
    "accounts.RevokedToken": Table(
        purpose="Tokens that no longer count",
        retention="until they would have expired",
        exported=False,
        fields={Kind.IDENTIFIER: "key", Kind.INTERNAL: "revoked_at expires_at"},
    ),
    "accounts.Notice": Table(
        purpose="Telling people what happened",
        retention="180 days",
        person=("user",),
        erase=Erase.ROW,
        of_others="context",
        fields={
            Kind.NONE: "id kind",
            Kind.IDENTIFIER: "user",
            Kind.BEHAVIOUR: "created_at read_at",
            Kind.CONTACT: "context",
        },
    ),
    "accounts.OutgoingMail": Table(
        purpose="Mails on their way; their contents go with the sending",
        retention="30 days",
        person=("user",),
        erase=Erase.ROW,
        encrypted={"context": "mail"},
        fields={
            Kind.NONE: "id language kind",
            Kind.INTERNAL: "state tries next_try_at give_up_at error",
            Kind.IDENTIFIER: "user",
            Kind.BEHAVIOUR: "created_at sent_at",
            Kind.CONTACT: "address",
            Kind.CREDENTIAL: "context",
        },
    ),
    "accounts.DataExport": Table(
        purpose="A person's own data, packed for them",
        retention="7 days",
        person=("user",),
        erase=Erase.ROW,
        exported=False,
        fields={
            Kind.IDENTIFIER: "id user",
            Kind.BEHAVIOUR: "created_at finished_at",
            Kind.INTERNAL: "claimed_at",
            Kind.SENSITIVE: "archive",
        },
    ),
    "accounts.ApiClient": Table(
        purpose="Other servers that call the API",
        fields={Kind.NONE: "id name permissions networks is_enabled created_at", Kind.IDENTIFIER: "organization"},
    ),
    "accounts.ApiClientKey": Table(
        purpose="Keys of other servers",
        retention="until it expires",
        # Of no person: nothing to erase with one.
        erase=Erase.ELSEWHERE,
        exported=False,
        fields={
            Kind.NONE: "created_at expires_at last_used_at",
            Kind.IDENTIFIER: "id client",
            Kind.CREDENTIAL: "secret",
        },
    ),
    "accounts.ApiClientNonce": Table(
        purpose="A signed request counts once",
        retention="five minutes",
        exported=False,
        fields={Kind.IDENTIFIER: "id key", Kind.INTERNAL: "nonce expires_at"},
    ),
    "accounts.IdentityProvider": Table(
        purpose="Whom the zone lets its people log in with",
        erase=Erase.ELSEWHERE,
        exported=False,
        encrypted={"secret": "identity_provider:{id}"},
        fields={
            Kind.NONE: "id kind slug name client_id issuer acr_values max_age_minutes apple_team apple_key_id"
            " is_enabled trusts_email email_domains accepts_newcomers role created_at",
            Kind.IDENTIFIER: "organization",
            Kind.CREDENTIAL: "secret",
        },
    ),
    "accounts.LoginSession": Table(
        purpose="Showing people where they are logged in",
        retention="37 days after it was last seen",
        person=("user",),
        erase=Erase.ROW,
        fields={
            Kind.NONE: "id kind surface",
            Kind.IDENTIFIER: "user",
            Kind.BEHAVIOUR: "created_at last_seen_at ended_at",
            Kind.CONTACT: "user_agent ip country",
            Kind.CREDENTIAL: "session_key",
        },
    ),
    "accounts.KnownDevice": Table(
        purpose="Warning of a log-in from a device that is new",
        retention="400 days after it was last seen",
        person=("user",),
        erase=Erase.ROW,
        fields={
            Kind.NONE: "id",
            Kind.INTERNAL: "key",
            Kind.IDENTIFIER: "user",
            Kind.BEHAVIOUR: "first_seen_at last_seen_at",
            Kind.CONTACT: "agent country",
        },
    ),
    "accounts.SpentToken": Table(
        purpose="A second step is taken once",
        retention="five minutes",
        exported=False,
        fields={Kind.IDENTIFIER: "id", Kind.INTERNAL: "expires_at"},
    ),
    # --- Libraries -------------------------------------------------------------------------------------------------
    "contenttypes.ContentType": Table(purpose="Django's list of models", fields={Kind.NONE: "id app_label model"}),
    "auth.Permission": Table(purpose="Django's, unused", fields={Kind.NONE: "id name content_type codename"}),
    "auth.Group": Table(purpose="Django's, unused", fields={Kind.NONE: "id name"}),
    "auth.Group_permissions": Table(purpose="Django's, unused", fields={Kind.NONE: "id group permission"}),
    "sessions.Session": Table(
        purpose="Pages stay logged in",
        retention="7 days",
        erase=Erase.ELSEWHERE,
        exported=False,
        fields={Kind.CREDENTIAL: "session_key session_data", Kind.INTERNAL: "expire_date"},
    ),
    "admin.LogEntry": Table(
        purpose="Django's log of the console, unused: ours is audit",
        person=("user",),
        erase=Erase.ROW,
        fields={
            Kind.NONE: "id content_type action_flag",
            Kind.IDENTIFIER: "user object_id",
            Kind.BEHAVIOUR: "action_time",
            Kind.FREE_TEXT: "object_repr change_message",
        },
    ),
    "account.EmailAddress": Table(
        purpose="Addresses that an account has confirmed",
        retention=ACCOUNT,
        person=("user",),
        erase=Erase.ROW,
        fields={Kind.NONE: "id verified primary", Kind.IDENTIFIER: "user", Kind.CONTACT: "email"},
    ),
    "account.EmailConfirmation": Table(
        purpose="Unused: confirmations are signed links",
        person=("email_address__user",),
        erase=Erase.ROW,
        exported=False,
        fields={Kind.NONE: "id created sent", Kind.IDENTIFIER: "email_address", Kind.CREDENTIAL: "key"},
    ),
    "mfa.Authenticator": Table(
        purpose="The second factor of a log-in",
        retention=ACCOUNT,
        person=("user",),
        erase=Erase.ROW,
        encrypted={"data": "totp:{user_id}"},
        fields={
            Kind.NONE: "id type",
            Kind.IDENTIFIER: "user",
            Kind.BEHAVIOUR: "created_at last_used_at",
            Kind.CREDENTIAL: "data",
        },
    ),
    "socialaccount.SocialApp": Table(
        purpose="Unused: providers are rows of our own",
        erase=Erase.ELSEWHERE,
        exported=False,
        fields={Kind.NONE: "id provider provider_id name client_id settings", Kind.CREDENTIAL: "secret key"},
    ),
    "socialaccount.SocialAccount": Table(
        purpose="Log-in by another provider's account",
        retention=ACCOUNT,
        person=("user",),
        erase=Erase.ROW,
        fields={
            Kind.NONE: "id provider",
            Kind.IDENTIFIER: "user",
            Kind.BEHAVIOUR: "last_login date_joined",
            Kind.CONTACT: "uid extra_data",
        },
    ),
    "socialaccount.SocialToken": Table(
        purpose="Another provider's tokens, unused",
        person=("account__user",),
        erase=Erase.ROW,
        exported=False,
        fields={
            Kind.NONE: "id app expires_at",
            Kind.IDENTIFIER: "account",
            Kind.CREDENTIAL: "token token_secret",
        },
    ),
}

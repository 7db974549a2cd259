from accounts.models.clients import ApiClient, ApiClientKey, ApiClientNonce
from accounts.models.exports import DataExport
from accounts.models.guardians import GuardianConsent, GuardianRequest
from accounts.models.identity import IdentityProvider, KnownDevice, LoginSession, SpentToken
from accounts.models.notices import Notice, OutgoingMail
from accounts.models.people import (
    ClassMembership,
    Classroom,
    Consent,
    Organization,
    ParentLink,
    RefreshSession,
    RevokedToken,
    RosterId,
    RosterImport,
    User,
    UserManager,
)
from accounts.models.policy import SecurityPolicy

__all__ = [
    "ApiClient",
    "ApiClientKey",
    "ApiClientNonce",
    "ClassMembership",
    "Classroom",
    "Consent",
    "DataExport",
    "GuardianConsent",
    "GuardianRequest",
    "IdentityProvider",
    "KnownDevice",
    "LoginSession",
    "Notice",
    "Organization",
    "OutgoingMail",
    "ParentLink",
    "RefreshSession",
    "RevokedToken",
    "RosterId",
    "RosterImport",
    "SecurityPolicy",
    "SpentToken",
    "User",
    "UserManager",
]

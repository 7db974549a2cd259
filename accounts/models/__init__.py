from accounts.models.clients import ApiClient, ApiClientKey, ApiClientNonce
from accounts.models.notices import Notice, OutgoingMail
from accounts.models.people import (
    ClassMembership,
    Classroom,
    Organization,
    ParentLink,
    RefreshSession,
    RevokedToken,
    RosterId,
    RosterImport,
    User,
    UserManager,
)

__all__ = [
    "ApiClient",
    "ApiClientKey",
    "ApiClientNonce",
    "ClassMembership",
    "Classroom",
    "Notice",
    "Organization",
    "OutgoingMail",
    "ParentLink",
    "RefreshSession",
    "RevokedToken",
    "RosterId",
    "RosterImport",
    "User",
    "UserManager",
]

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

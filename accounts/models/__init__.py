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
    "Organization",
    "ParentLink",
    "RefreshSession",
    "RevokedToken",
    "RosterId",
    "RosterImport",
    "User",
    "UserManager",
]

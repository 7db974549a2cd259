"""Every API view says which permission it needs; one that says nothing is closed to all."""

from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.people import SignedClient
from zones.problems import NotAuthenticated, PermissionRefused

# A view with this permission is for everybody, logged in or not.
OPEN = ""
# For everybody who has logged in, whatever their role.
SIGNED_IN = "signed in"


def required(view: Any, method: str | None) -> str | tuple[str, ...] | None:
    """The permission that `view` names: `permission = "exam:read"`, or by method {"GET": …, "POST": …}.

    A tuple names permissions of which one is enough.
    """
    named = getattr(view, "permission", None)
    return named.get(method or "") if isinstance(named, dict) else named


def allowed(person: Any, permission: str | tuple[str, ...]) -> bool:
    """Whether `person` holds the permission, or one of several."""
    if permission == SIGNED_IN:
        # What is one's own, a server has not: it has no account.
        return person.is_authenticated and not isinstance(person, SignedClient)
    return any(map(person.allows, [permission] if isinstance(permission, str) else permission))


class HasPermission(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        if not hasattr(view, (request.method or "").lower()):
            # Before anything else: what does not exist needs no permission.
            raise MethodNotAllowed(request.method or "")
        permission = required(view, "GET" if request.method in ("HEAD", "OPTIONS") else request.method)
        if permission == OPEN:
            return True
        if permission is not None and allowed(request.user, permission):
            return True
        if not request.user.is_authenticated:
            raise NotAuthenticated()
        raise PermissionRefused(permission=permission)

"""Every API view says which permission it needs; one that says nothing is closed to all."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from zones.problems import NotAuthenticated, PermissionRefused

# A view with this permission is for everybody, logged in or not.
OPEN = ""


def required(view: Any, method: str) -> str | None:
    """The permission that `view` names: `permission = "exam:read"`, or by method {"GET": …, "POST": …}."""
    named = getattr(view, "permission", None)
    return named.get(method) if isinstance(named, dict) else named


class HasPermission(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        permission = required(view, "GET" if request.method in ("HEAD", "OPTIONS") else request.method)
        if permission == OPEN:
            return True
        if permission is not None and request.user.allows(permission):
            return True
        if not request.user.is_authenticated:
            raise NotAuthenticated()
        raise PermissionRefused(permission=permission)

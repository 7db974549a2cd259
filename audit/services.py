"""Writing the log. Call it inside the transaction of what it tells of: both are committed, or neither."""

import json
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from audit import clock
from audit.context import Actor, current_actor
from audit.models import Action
from zones.context import current_zone_id

# An answer writes its row in the same statement as the answer (exams.services.answering), so the SQL is shared.
INSERT = (
    "INSERT INTO audit_auditentry (at, zone_id, organization_id, user_id, user_label, action, resource_type,"
    " resource_id, ip, user_agent, details) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


def values(
    action: str,
    resource_type: str,
    resource_id: object = "",
    *,
    actor: Actor | None = None,
    organization_id: UUID | None = None,
    details: dict[str, Any] | None = None,
) -> list[Any]:
    """The parameters of INSERT, in its order."""
    who = actor or current_actor()
    return [
        clock.now(),
        current_zone_id(),
        organization_id or who.organization_id,
        who.user_id,
        who.label[:254],
        str(action),
        resource_type,
        str(resource_id)[:64],
        who.ip,
        who.user_agent[:300].replace("\x00", ""),
        json.dumps(details or {}, cls=DjangoJSONEncoder, ensure_ascii=False),
    ]


def record(
    action: Action,
    resource_type: str,
    resource_id: object = "",
    *,
    actor: Actor | None = None,
    organization_id: UUID | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Append one row to the current zone's log.

    `actor` defaults to the person of the current request; `organization_id` to theirs. `details` holds JSON values and
    never a secret (no passwords, tokens or item keys). Raises the database's error when the row cannot be written, so
    that the surrounding transaction fails too.
    """
    row = values(action, resource_type, resource_id, actor=actor, organization_id=organization_id, details=details)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, row)


def record_refusal(*, code: str, status: int, method: str, path: str, resource_type: str = "request") -> None:
    """One row for a 401, 403 or 404 that was given to somebody who asked for what is not theirs."""
    record(
        Action.PERMISSION_DENIED,
        resource_type,
        "",
        details={"code": code, "status": status, "method": method, "path": path[:200].replace("\0", "")},
    )

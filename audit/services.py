"""Writing the log. Call it inside the transaction of what it tells of: both are committed, or neither."""

from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from audit import clock, origins
from audit.context import Actor, current_actor
from audit.models import Action
from audit.stamps import stamp
from zones.context import current_zone_id
from zones.masking import mask

# An answer writes its row in the same statement as the answer (exams.services.answering), so the SQL is shared.
INSERT = (
    "INSERT INTO audit_auditentry (at, zone_id, organization_id, user_id, user_label, action, resource_type,"
    " resource_id, ip, user_agent, details, stamp) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


_dumps = DjangoJSONEncoder(ensure_ascii=False).encode


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
    at, organization = clock.now(), organization_id or who.organization_id
    texts: list[str | None] = [
        current_zone_id(),
        None if organization is None else str(organization),
        None if who.user_id is None else str(who.user_id),
        origins.reference(who),
        str(action),
        resource_type,
        str(resource_id)[:64],
    ]
    # Rows cannot be changed later: what tells of a person stays out of them, whatever the caller said.
    said = mask(_dumps(details or {}))
    # Address and user agent are the origin's.
    return [at, *texts, None, "", said, stamp(at, texts, None, "", said)]


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


def record_verification(report: Any) -> None:
    """One row that says when the log was verified and whether it was as written (audit.verifying.Report)."""
    details = {"ok": report.is_clean, "rows": report.rows, "seals": report.seals, "findings": len(report.findings)}
    record(Action.READ, "audit_log", "verification", details=details)

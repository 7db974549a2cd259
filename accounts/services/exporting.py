"""Everything that a zone keeps of one person, as a file for them: JSON for machines, a page for people."""

import io
import json
import zipfile
from typing import Any

from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from accounts.people import Person
from accounts.permissions import ZONE_WIDE
from accounts.subjects import rows
from audit.models import Action, AuditEntry
from audit.services import record
from zones.context import current_zone_id
from zones.problems import PermissionRefused
from zones.storage import Kept, StoredFile, zone_store

FORMAT = "megacity-person-1"
# Of what others did to the person's account and results, and of what the person did.
LOG_ROWS = 100_000


def export_person(*, person: Person, user: User, reason: str) -> bytes:
    """A ZIP of `data.json`, `index.html` and the person's files; nothing of anybody else, and no credential.

    People export themselves; an administrator of the zone exports others. The log keeps it with the reason.
    Raises PermissionRefused, OSError where the files cannot be read.
    """
    if person.pk != user.pk and not (person.role in ZONE_WIDE and person.allows("user:read")):
        raise PermissionRefused(permission="user:read")
    details = {"reason": reason[:500], "own": person.pk == user.pk}
    record(Action.EXPORT, "user", user.pk, organization_id=user.organization_id, details=details)
    data = collect(user)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=1, default=str))
        archive.writestr("index.html", render_to_string("accounts/person_export.html", {"data": data}))
        store = zone_store()
        for name, file in _files(user):
            with archive.open(f"files/{name}", "w", force_zip64=True) as packing:
                packing.writelines(store.chunks(file))
    return packed.getvalue()


def collect(user: User) -> dict[str, Any]:
    """What `data.json` says: tables with their purpose, and the log's rows about and by the person."""
    tables = [
        {"table": label, "purpose": line.purpose, "kept": line.retention, "rows": found}
        for label, line, found in rows.exported_rows(user.pk)
        if not label.startswith("audit.")
    ]
    return {
        "format": FORMAT,
        "zone": current_zone_id(),
        "person": str(user.pk),
        "made_at": timezone.now().isoformat(),
        "tables": tables,
        "log": [_entry(entry, user) for entry in _log(user)],
        "files": [name for name, _file in _files(user)],
    }


def _log(user: User) -> Any:
    about = Q(resource_type="user", resource_id=str(user.pk))
    return AuditEntry.objects.filter(Q(user_id=user.pk) | about).order_by("at", "id")[:LOG_ROWS]


def _entry(entry: AuditEntry, user: User) -> dict[str, Any]:
    """One row: where the person acted, their address too; what others did shows that, and not who they are."""
    said: dict[str, Any] = {"at": entry.at.isoformat(), "action": entry.action, "about": entry.resource_type}
    is_own = entry.user_id == user.pk
    said["by"] = "you" if is_own else "another person" if entry.user_id else "the system"
    if is_own:
        said |= {"address": entry.ip, "device": entry.user_agent}
    if entry.resource_type == "user" and entry.resource_id == str(user.pk):
        said["details"] = entry.details
    return said


def _files(user: User) -> list[tuple[str, StoredFile]]:
    """The person's own files as they are today: those whose path names their id."""
    folder = f"users/{user.pk}/"
    found = zone_store().every_file(folder)
    return [(file.name.removeprefix(folder), file) for file in found if file.kept == Kept.CURRENT]

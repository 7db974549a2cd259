"""The demo accounts whose password everybody knows. Plain values: the launcher prints them without Django."""

import os
from dataclasses import dataclass

PASSWORD = "MegaCity-2026!"  # noqa: S105  (known to all on purpose; see `manage.py seed_demo`)
# Not the platform's own name: a password must not be like its e-mail.
DOMAIN = "demo.example"


@dataclass(frozen=True)
class DemoAccount:
    """An account that exists in every zone, or once in the control plane. `surface` is where it logs in first."""

    role: str
    email: str
    display_name: str
    surface: str
    what: str
    password: str = PASSWORD


STUDENT = DemoAccount("student", f"student@{DOMAIN}", "김하늘", "app", "takes exams; has results of six weeks")
TEACHER = DemoAccount("teacher", f"teacher@{DOMAIN}", "이서준", "app", "teaches the student's class")
PARENT = DemoAccount("parent", f"parent@{DOMAIN}", "김민정", "app", "sees the student's reports")
ORG_ADMIN = DemoAccount("org_admin", f"orgadmin@{DOMAIN}", "정수현", "admin", "runs the student's organization")
ZONE_ADMIN = DemoAccount("zone_admin", f"admin@{DOMAIN}", "최다온", "admin", "runs the zone")
SUPER_ADMIN = DemoAccount("super_admin", f"root@{DOMAIN}", "Root", "admin", "runs the city (control plane)")

IN_EVERY_ZONE = (STUDENT, TEACHER, PARENT, ORG_ADMIN, ZONE_ADMIN)
ACCOUNTS = (*IN_EVERY_ZONE, SUPER_ADMIN)


def summary(port: int | None = None) -> str:
    """The accounts as a few lines for a terminal."""
    at = port or int(os.environ.get("PORT", "8000"))
    lines = [f"Demo accounts, the same in every zone; the password is {PASSWORD}"]
    for account in IN_EVERY_ZONE:
        place = f"http://{account.surface}.<zone's domain>:{at}"
        lines.append(f"  {account.email:22} {account.role:12} {place:38} {account.what}")
    place = f"http://{SUPER_ADMIN.surface}.localhost:{at}"
    lines.append(f"  {SUPER_ADMIN.email:22} {SUPER_ADMIN.role:12} {place:38} {SUPER_ADMIN.what}")
    lines.append("  Administrators need a code beside it: `.venv/bin/python manage.py demo_code admin@demo.example`")
    return "\n".join(lines)

"""System checks of the log: its keys are there, and the months that rows will need."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from audit import keys, partitions
from audit.zones import in_zones


@register()
def the_log_has_its_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Without the first no write is possible; without the second nothing proves what was written."""
    if settings.DEVELOPMENT:
        return []  # There the launcher makes them, and commands such as makemigrations need none.
    hint = "`manage.py audit_keys --new` prints one of each; keep them where the database's administrators cannot read."
    found: list[CheckMessage] = []
    for name, read in (("AUDIT_MAC_KEYS", keys.mac_keys), ("AUDIT_SIGNING_KEY", keys.signing_key)):
        try:
            read()
        except ImproperlyConfigured as problem:
            # Processes that only serve requests need not sign, and then should not be able to.
            kind = Warning if name == "AUDIT_SIGNING_KEY" and not settings.AUDIT_SIGNING_KEY else Error
            found.append(kind(str(problem), hint=hint, id="audit.W001" if kind is Warning else "audit.E001"))
    return found


@register(Tags.database)
def the_log_has_months_ahead(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Runs with `check --database default`: a worker without the owner's login makes no months by itself."""
    if not databases or "default" not in databases:
        return []
    hint = "Run `manage.py audit_partitions --make` (or `migrate`) as the owner of the tables, once a month."
    return [
        Warning(f"The audit log of {zone} lacks {', '.join(lacking)}.", hint=hint, obj=zone, id="audit.W002")
        for zone in in_zones("all")
        if (lacking := partitions.missing())
    ]

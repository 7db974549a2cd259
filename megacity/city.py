"""Changes to the city itself, each with its row in the control plane's log."""

from django.db import transaction

from audit.models import Action
from audit.services import record
from zones import provisioning
from zones.context import public_context
from zones.models import Zone
from zones.owner import as_owner


def create_zone(*, zone_id: str, brand: str, domains: list[str]) -> Zone:
    """A new, empty zone. Raises Invalid and Conflict as `zones.provisioning.create_zone` does."""

    def make() -> Zone:
        with public_context(), transaction.atomic():
            zone = provisioning.create_zone(zone_id=zone_id, brand=brand, domains=domains)
            record(Action.CREATE, "zone", zone_id, details={"brand": brand, "domains": domains})
        return zone

    return as_owner(make)


def set_zone_status(*, zone: Zone, status: str) -> Zone:
    """Suspend a zone or activate it again."""
    with public_context(), transaction.atomic():
        changed = provisioning.set_status(zone=zone, status=status)
        record(Action.UPDATE, "zone", zone.schema_name, details={"status": status})
    return changed

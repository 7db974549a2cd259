"""The logs there are: one in each zone and one in the control plane."""

from collections.abc import Iterator

from django.core.management.base import CommandError

from zones.context import PUBLIC, UnknownZone, get_zone, public_context, zone_context
from zones.models import Zone


def in_zones(name: str) -> Iterator[str]:
    """Enter the zone of this name, or with `all` each one in turn, the control plane first; yields where one is.

    Raises CommandError for a zone that there is not.
    """
    names = [name]
    if name == "all":
        with public_context():
            names = [PUBLIC, *Zone.objects.order_by("schema_name").values_list("schema_name", flat=True)]
    for each in names:
        if each == PUBLIC:
            with public_context():
                yield each
            continue
        try:
            zone = get_zone(each)
        except UnknownZone as error:
            raise CommandError(str(error)) from error
        with zone_context(zone):
            yield each

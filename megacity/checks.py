"""System checks of invariants that no single app can see."""

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from zones.classification import find_gaps
from zones.context import public_context
from zones.models import Zone
from zones.provisioning import check_zone


@register()
def foreign_keys_stay_in_their_schema(app_configs, **kwargs) -> list[Error]:
    """A shared row must not point at a tenant row (every zone has another one), nor a tenant row at a zone."""
    shared_only = set(settings.SHARED_APPS) - set(settings.TENANT_APPS)
    errors = []
    for model in apps.get_models():
        own = _in(model, shared_only)
        for field in model._meta.get_fields():
            target = field.related_model if field.many_to_one or field.one_to_one else None
            if target is None or isinstance(target, str) or not field.concrete:
                continue
            if own and not _in(target, shared_only):
                errors.append(
                    Error(
                        f"{model.__name__}.{field.name} points from the control plane into a zone.",
                        hint="Store the UUID and the zone instead.",
                        obj=model,
                        id="megacity.E001",
                    )
                )
            if not own and _in(target, shared_only):
                errors.append(
                    Error(
                        f"{model.__name__}.{field.name} points from a zone at the control plane.",
                        hint="Store the zone's id as text instead.",
                        obj=model,
                        id="megacity.E002",
                    )
                )
    return errors


def _in(model, names: set[str]) -> bool:
    return model._meta.app_config.name in names


@register()
def every_field_is_classified(app_configs, **kwargs) -> list[CheckMessage]:
    """What is exported, erased and masked is read from each app's privacy.py: a field missing there would be missed."""
    return find_gaps()


@register(Tags.database)
def zones_have_their_tables(app_configs, databases=None, **kwargs) -> list[Error]:
    """A table that a zone lacks would be looked for in `public`, silently. Runs with `check --database default`."""
    if not databases or "default" not in databases:
        return []
    with public_context():
        return [
            Error(
                f"Zone {finding.zone_id} {finding.problem}.",
                hint="Run `manage.py migrate`, or restore the zone.",
                id="megacity.E003",
            )
            for zone in Zone.objects.all()
            for finding in check_zone(zone)
        ]

"""Background work. A task runs in the zone that its message names, or not at all."""

import os

from celery import Celery, Task
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "megacity.settings")


class ZoneTask(Task):
    """Base of every task. Send it with `task.apply_async(args, zone="univ")`, or from inside the zone.

    Called like a function, without a message, it runs where its caller is.
    A task whose zone is unknown, suspended or not named raises UnknownZone; one whose connection stands elsewhere than
    it should, by the server's own word, raises WrongPlace. Neither runs.

    A message is a hint: sending one raises redis.RedisError within half a second while the broker is silent, so that no
    request waits for it.
    """

    abstract = True

    def apply_async(self, args=None, kwargs=None, *, zone: str | None = None, headers=None, **options):
        from zones.context import current_zone_id
        from zones.redis import client

        # Kombu waits for as long as a socket may take. Beat, which nobody waits for, brings a producer of its own.
        if "producer" not in options:
            client().ping()
        headers = {**(headers or {}), "zone": zone or current_zone_id()}
        return super().apply_async(args, kwargs, headers=headers, **options)

    def __call__(self, *args, **kwargs):
        from audit.context import SYSTEM, acting
        from zones.context import PUBLIC, UnknownZone, ensure_place, get_zone, public_context, zone_context

        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        zone_id = getattr(self.request, "zone", None) or (self.request.headers or {}).get("zone")
        if not zone_id:
            raise UnknownZone(f"The message of {self.name} names no zone.")
        with acting(SYSTEM):
            if zone_id == PUBLIC:
                with public_context():
                    ensure_place()
                    return super().__call__(*args, **kwargs)
            zone = get_zone(zone_id)
            if not zone.is_active:
                raise UnknownZone(f"Zone {zone_id!r} is suspended; its tasks do not run.")
            with zone_context(zone):
                ensure_place()
                return super().__call__(*args, **kwargs)


@setup_logging.connect
def keep_our_lines(**kwargs) -> None:
    """That somebody listens keeps Celery from replacing LOGGING's handlers by its own, which mask and name no zone."""


app = Celery("megacity", task_cls=ZoneTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

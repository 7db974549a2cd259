"""Work for the owner of the tables, in a process that logs in as somebody with fewer rights."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from django.conf import settings
from django.db import connections

from zones.context import connection, entered
from zones.scope import OWNER

Result = TypeVar("Result")


def as_owner(work: Callable[[], Result]) -> Result:
    """Run `work` in the present schema as the login of DATABASE_OWNER_URL, whom grants and policies do not bind.

    Here and now, when this process logs in as that or knows no other. Otherwise on a connection of its own, in a thread
    of its own: it does not see what the caller has not committed, and commits whatever becomes of the caller.
    """
    tenant, owner = connection.tenant, settings.DATABASE_OWNER
    if not owner or owner["USER"] == connection.settings_dict["USER"]:
        with entered(tenant, OWNER):
            return work()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(copy_context().run, _logged_in, tenant, work).result()


def _logged_in(tenant: Any, work: Callable[[], Result]) -> Result:
    # A dictionary of this thread's own: all connections of the process are made from one.
    own = connections["default"]
    own.settings_dict = {**own.settings_dict, **settings.DATABASE_OWNER, "NAME": own.settings_dict["NAME"]}
    try:
        with entered(tenant, OWNER):
            return work()
    finally:
        own.close()

"""Work for the owner of the tables, in a process that logs in as somebody with fewer rights."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from django.conf import settings
from django.db import connections

from zones.context import PUBLIC, connection, entered
from zones.problems import Conflict
from zones.scope import OWNER

Result = TypeVar("Result")

# Nobody owns what was never migrated: whoever comes first will.
_OWNS = """
SELECT coalesce(bool_and(pg_has_role(session_user, relowner, 'USAGE')), true)
FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = %s AND relname = 'django_migrations'
"""


class NotOwner(Conflict):
    """This process neither logs in as the owner of the tables nor knows how to."""


def is_owner() -> bool:
    """Whether `as_owner` can do its work from here; one question to the database where no other login is known."""
    owner = settings.DATABASE_OWNER
    if owner and owner["USER"] != connection.settings_dict["USER"]:
        return True
    with entered(connection.tenant, OWNER), connection.cursor() as cursor:
        cursor.execute(_OWNS, [PUBLIC])
        return bool(cursor.fetchone()[0])


def as_owner(work: Callable[[], Result]) -> Result:
    """Run `work` in the present schema as the login of DATABASE_OWNER_URL, whom grants and policies do not bind.

    Here and now, when this process logs in as that or knows no other. Otherwise on a connection of its own, in a thread
    of its own: it does not see what the caller has not committed, and commits whatever becomes of the caller. Raises
    NotOwner, before anything is done, when this process has no way to be the owner.
    """
    tenant, owner = connection.tenant, settings.DATABASE_OWNER
    if not is_owner():
        raise NotOwner(
            "This needs the login that owns the tables, which this process is not: run it by `manage.py` where"
            " DATABASE_OWNER_URL is set."
        )
    if not owner or owner["USER"] == connection.settings_dict["USER"]:
        with entered(tenant, OWNER):
            return work()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(copy_context().run, _logged_in, tenant, work).result()


def refresh_statistics() -> None:
    """Tell PostgreSQL's planner of rows that came into the present schema in bulk; autovacuum is a minute later.

    Only the owner may: for others ANALYZE passes each table over with a warning. Raises NotOwner.
    """
    as_owner(_analyze)


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = current_schema()"
        )
        cursor.execute(f"ANALYZE {', '.join(table for (table,) in cursor.fetchall())}")


def _logged_in(tenant: Any, work: Callable[[], Result]) -> Result:
    # A dictionary of this thread's own: all connections of the process are made from one.
    own = connections["default"]
    own.settings_dict = {**own.settings_dict, **settings.DATABASE_OWNER, "NAME": own.settings_dict["NAME"]}
    try:
        with entered(tenant, OWNER):
            return work()
    finally:
        own.close()

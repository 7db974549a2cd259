"""The database back end: a connection that stands in one zone's schema, under one of its roles.

Role, search path and context are properties of a session at the server. What was set there last is kept beside
psycopg's own connection object, so that a pooled or a new connection is never taken for another; what is wanted is kept
here. They are compared before every statement and set together, in one round trip, where they differ.
"""

from typing import Any

from django.utils.asyncio import async_unsafe
from django_tenants.postgresql_backend import base
from django_tenants.utils import quote_schema_name
from psycopg import Connection
from psycopg.pq import TransactionStatus

from zones.scope import LOGIN, ORGANIZATION_SETTING, PERSON_SETTING, Scope

# What a session was told last, and whether a transaction was open then, whose end decides about it.
Told = tuple[str, bool]


class DatabaseWrapper(base.DatabaseWrapper):
    scope: Scope = LOGIN

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Stand in the tenant's schema with the rights of the login itself, as migrations do."""
        self.scope = LOGIN
        super().set_tenant(tenant, include_public)

    def enter(self, tenant: Any, scope: Scope) -> None:
        """Stand in the tenant's schema under the role of `scope`. Nothing is sent before the next statement."""
        if self.schema_name != tenant.schema_name:
            super().set_tenant(tenant)
        self.tenant = tenant
        self.scope = scope

    def close(self) -> None:
        self._forget()
        super().close()

    @async_unsafe
    def rollback(self) -> None:
        # A setting made in a transaction goes with it.
        self._forget()
        super().rollback()

    @async_unsafe
    def savepoint_rollback(self, sid: str) -> None:
        try:
            super().savepoint_rollback(sid)
        finally:
            self._forget()

    def _forget(self) -> None:
        if self.connection is not None:
            # Not where it was set outside of any transaction: that holds whatever becomes of this one.
            told: Told | None = getattr(self.connection, "megacity_told", None)
            if told is None or told[1]:
                self.connection.megacity_told = None

    def _handle_search_path(self, cursor: Any = None) -> None:
        session: Connection | None = self.connection
        if session is None:
            return
        wanted = self._wanted()
        status = session.pgconn.transaction_status
        told: Told | None = getattr(session, "megacity_told", None)
        if told is not None and told[0] == wanted and (not told[1] or status != TransactionStatus.IDLE):
            return
        if status == TransactionStatus.INERROR:
            # Nothing but a rollback is possible now, and afterwards this is asked again.
            return
        session.megacity_told = None  # type: ignore[attr-defined]
        with self.wrap_database_errors:
            session.execute(wanted)
        session.megacity_told = (wanted, session.pgconn.transaction_status != TransactionStatus.IDLE)  # type: ignore[attr-defined]

    def _wanted(self) -> str:
        schema = self.schema_name
        role = self.scope.role(schema)
        # With the login's own rights also what lies in `public`, as migrations want it; with a zone's, nothing else.
        path = self._get_cursor_search_paths() if self.scope is LOGIN else [schema]
        return (
            f"SET ROLE {'NONE' if role is None else quote_schema_name(role)};"
            f"SET search_path = {', '.join(map(quote_schema_name, path))};"
            f"SET {ORGANIZATION_SETTING} = '{self.scope.organization}';"
            f"SET {PERSON_SETTING} = '{self.scope.person}'"
        )

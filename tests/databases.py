"""The test databases: a template with every zone, built once for a state of the code; each process has a copy of it."""

import hashlib
import importlib.metadata
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test import override_settings
from psycopg import sql

import exams.content
import exams.pools
from tests import servers
from zones.scope import confined_role, wide_role

# What makes the template: a change of these makes another one.
SOURCES = ("*/migrations/*.py", "*/row_security.py", "zones/*.py", "audit/append_only.py", "audit/partitions.py")
PREFIX = "megacity_test_template_"
LOCK = 4242
# Rows of these belong to a zone's making, not to a test.
KEPT = ("django_migrations", "django_content_type", "auth_permission", "zones_zone", "zones_domain")


def fingerprint() -> str:
    digest = hashlib.sha256()
    for pattern in SOURCES:
        for path in sorted(settings.BASE_DIR.glob(pattern)):
            digest.update(path.read_bytes())
    versions = sorted((d.metadata["Name"], d.version) for d in importlib.metadata.distributions())
    digest.update(repr((versions, settings.SHARED_APPS, settings.TENANT_APPS)).encode())
    return digest.hexdigest()[:12]


@contextmanager
def test_database() -> Iterator[None]:
    """Point Django at this process's own copy of the template, and drop it afterwards."""
    template, own = PREFIX + fingerprint(), servers.database_name()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as control:
        control.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        if not control.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
            _build(control, template)
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        control.execute(create.format(sql.Identifier(own), sql.Identifier(template)))
        control.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    use(own)
    try:
        yield
    finally:
        connections.close_all()
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as control:
            servers.drop_database(control, own)


def _build(control: psycopg.Connection, template: str) -> None:
    old = control.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [PREFIX + "%"]).fetchall()
    for (name,) in old:
        servers.drop_database(control, name)
    unfinished = f"{template}_new"
    control.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
    use(unfinished)
    # A test without a database may have come first, and left this thread in a zone whose roles are yet to be made.
    connection.set_schema_to_public()
    call_command("migrate", verbosity=0)
    connections.close_all()
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    control.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(template)))


def use(name: str) -> None:
    connections.close_all()
    # The one dictionary that the connections of all threads are made from.
    connections.settings["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


# Roles are the whole server's, and another process's tests would change the password under ours.
APP = f"megacity_test_app_{servers.WORKER}"


@contextmanager
def app_login(*, owner: bool) -> Iterator[None]:
    """Log in as processes do in production: as a role that owns nothing. Needs real commits.

    With `owner` the process knows how to log in as the tables' owner (DATABASE_OWNER_URL), else it does not.
    """
    password = secrets.token_urlsafe()
    with psycopg.connect(servers.address(connection.settings_dict["NAME"]), autocommit=True) as control:
        _make_app_login(control, password)
        kept, before = connections.settings["default"], (connection.tenant, connection.scope)
        connection.close()
        mine = {**kept, "USER": APP, "PASSWORD": password}
        with override_settings(DATABASE_OWNER={**kept} if owner else {}):
            connections.settings["default"] = connection.settings_dict = mine
            try:
                yield
            finally:
                connection.close()
                connections.settings["default"] = connection.settings_dict = kept
                connection.enter(*before)


def _make_app_login(control: psycopg.Connection, password: str) -> None:
    name = sql.Identifier(APP)
    if not control.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP]).fetchone():
        control.execute(sql.SQL("CREATE ROLE {} LOGIN NOINHERIT").format(name))
    control.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(password)))
    zones = control.execute("SELECT schema_name FROM zones_zone").fetchall()
    for schema in ("public", *(zone for (zone,) in zones)):
        for role in (wide_role(schema), confined_role(schema)):
            grant = sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE")
            control.execute(grant.format(sql.Identifier(role), name))


# Tables in which something was ever written, and whether triggers watch over them.
WRITTEN = """
SELECT c.oid::regclass::text, EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'univ', 'college') AND c.relkind = 'r' AND NOT c.relname = ANY(%s)
  AND pg_relation_size(c.oid) > 0"""
COUNTERS = """
SELECT setval(s.seqrelid::regclass, s.seqstart, false)
FROM pg_sequence s JOIN pg_depend d ON d.objid = s.seqrelid AND d.deptype IN ('a', 'i')
JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'univ', 'college') AND NOT c.relname = ANY(%s)
  AND pg_sequence_last_value(s.seqrelid) IS NOT NULL"""


def empty() -> None:
    """Remove every row that committed tests left in any schema, and let the numbers begin anew.

    Rows are deleted where they may be: TRUNCATE makes new files of a table, its indexes and whatever refers to it.
    """
    connection.set_schema_to_public()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WRITTEN, [list(KEPT)])
        written = cursor.fetchall()
        # What is written once refuses to be deleted, but by its owner.
        watched = [table for table, is_watched in written if is_watched]
        statements = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in watched]
        statements += [f"DELETE FROM {table}" for table, _is_watched in written]
        statements.append("SET CONSTRAINTS ALL IMMEDIATE")
        statements += [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in watched]
        cursor.execute("; ".join(statements))
        cursor.execute(COUNTERS, [list(KEPT)])
    # Kept by number in the process for ever, and the numbers begin anew.
    exams.pools._load.cache_clear()
    exams.content._render.cache_clear()

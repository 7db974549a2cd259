"""The two roles of a schema, and what they are granted: made, repaired and checked against the declaration.

Roles belong to the whole cluster, so their names begin with settings.DATABASE_ROLE_PREFIX. They own nothing and cannot
log in: the processes' own login is a member that may become each of them, and inherits from none.

`apply` does the same for a fresh copy of the template, which brings neither grants nor policies along, and for a schema
that somebody changed by hand; a table that is as declared is left alone, since a policy locks its table.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import module_has_submodule
from django_tenants.postgresql_backend.base import FakeTenant
from psycopg import sql

from zones.context import connection, entered
from zones.policies import Policy, policies_by_table
from zones.scope import OWNER, confined_role, wide_role

MIGRATIONS = Policy(wide=("SELECT",), confined=())  # Probes read it; no model has it.
NOTHING = Policy(wide=(), confined=())

# What a policy is, in the server's own words: a change by hand is seen in them.
_DIGEST = """md5(p.polcmd::text || p.polpermissive::text || p.polroles::regrole[]::text
    || coalesce(pg_get_expr(p.polqual, p.polrelid), '-') || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '-'))"""
_TABLES = f"""
SELECT c.relname, c.relrowsecurity,
    ARRAY(SELECT a.grantee::regrole::text || ' ' || a.privilege_type FROM aclexplode(c.relacl) a
        WHERE a.grantee <> c.relowner),
    ARRAY(SELECT p.polname || ' ' || coalesce(obj_description(p.oid, 'pg_policy'), '') || ' ' || {_DIGEST}
        FROM pg_policy p WHERE p.polrelid = c.oid)
FROM pg_class c
WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
"""
# Roles that are not there, those of our roles that a login may not become, and who else may enter.
_ENTRY = """
SELECT ARRAY(SELECT name FROM unnest(%(roles)s::text[]) name WHERE to_regrole(quote_ident(name)) IS NULL),
    ARRAY(SELECT login || ' ' || name FROM unnest(%(roles)s::text[]) name, unnest(%(logins)s::text[]) login
        WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = login AND rolsuper) AND NOT EXISTS (
            SELECT 1 FROM pg_auth_members WHERE roleid = to_regrole(quote_ident(name))
            AND member = to_regrole(quote_ident(login)) AND set_option)),
    ARRAY(SELECT a.grantee::regrole::text || ' ' || a.privilege_type FROM pg_namespace n, aclexplode(n.nspacl) a
        WHERE n.nspname = %(schema)s AND a.grantee <> n.nspowner)
"""
_FUNCTIONS = "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = %s::regnamespace AND prosecdef"


@dataclass(frozen=True)
class State:
    """The security of one table: grants as "role COMMAND", policies as "name digest"."""

    row_security: bool
    grants: frozenset[str]
    policies: frozenset[str]


def apply(schema: str) -> list[str]:
    """Make the schema's roles, functions, grants and policies as declared; what was wrong before, in words.

    Run it as the owner of the tables. It waits for statements on the tables that it changes, and they for it.
    """
    problems = findings(schema)
    if not problems:
        return []
    with entered(FakeTenant(schema), OWNER), transaction.atomic(), connection.cursor() as cursor:
        _ensure_roles(cursor, schema)
        for statement in (*_schema_statements(schema), *_function_statements(schema)):
            cursor.execute(statement)
        wanted, made = policies_by_table(), []
        for table, state in _present(cursor, schema).items():
            if _problems(schema, table, state, wanted):
                policy = _policy(table, wanted)
                cursor.execute(sql.SQL(";").join(_table_statements(schema, table, policy, state)))
                made += [(table, name, _digest(text)) for name, text in _policies(schema, table, policy)]
        cursor.execute(_REMEMBER, [json.dumps(made)])
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)
    return problems


def findings(schema: str) -> list[str]:
    """What is not as declared in this schema, in words; three queries, and nothing is changed."""
    with entered(FakeTenant(schema), OWNER), connection.cursor() as cursor:
        missing, outsiders, entry = _entry(cursor, schema)
        if missing:
            return [f"lacks the role {name}" for name in missing]
        said = [f"cannot be entered: {outsider}" for outsider in outsiders]
        expected = {f"{_quoted(role)} USAGE" for role in _roles(schema)}
        said += [f"is open: {grant}" for grant in sorted(set(entry) - expected)]
        said += [f"is closed: {grant}" for grant in sorted(expected - set(entry))]
        cursor.execute(_FUNCTIONS, [schema])
        bodies = dict(cursor.fetchall())
        said += [
            f"function {name} is not as declared"
            for name, body in _functions(schema).items()
            if bodies.get(name) != body
        ]
        wanted, present = policies_by_table(), _present(cursor, schema)
    for table in sorted(present):
        said += [f"table {table} {problem}" for problem in _problems(schema, table, present[table], wanted)]
    return said


# What is there


def _roles(schema: str) -> list[str]:
    return [confined_role(schema), wide_role(schema)]


def _entry(cursor: Any, schema: str) -> tuple[list[str], list[str], list[str]]:
    logins = [settings.DATABASE_LOGIN] if settings.DATABASE_LOGIN else []
    cursor.execute(_ENTRY, {"roles": _roles(schema), "logins": logins, "schema": schema})
    return cursor.fetchone()


def _present(cursor: Any, schema: str) -> dict[str, State]:
    cursor.execute(_TABLES, [schema])
    return {
        table: State(row_security, frozenset(grants), frozenset(policies))
        for table, row_security, grants, policies in cursor.fetchall()
    }


def _policy(table: str, wanted: dict[str, Policy]) -> Policy:
    return MIGRATIONS if table == "django_migrations" else wanted.get(table, NOTHING)


def _problems(schema: str, table: str, state: State, wanted: dict[str, Policy]) -> list[str]:
    policy = _policy(table, wanted)
    expected = {f"{_quoted(wide_role(schema))} {command}" for command in policy.wide}
    expected |= {f"{_quoted(confined_role(schema))} {command}" for command in policy.confined_commands}
    problems = [f"grants {grant}" for grant in sorted(state.grants - expected)]
    problems += [f"does not grant {grant}" for grant in sorted(expected - state.grants)]
    if not state.row_security:
        problems.append("has no row-level security")
    declared = {name: _digest(text) for name, text in _policies(schema, table, policy)}
    found = {name: rest for name, _space, rest in (line.partition(" ") for line in state.policies)}
    for name in sorted(declared | found):
        # "declared digest, server's digest when it was made, server's digest now"
        parts = found.get(name, "").split(" ")
        if len(parts) != 3 or parts[0] != declared.get(name) or parts[1] != parts[2]:
            problems.append(f"has not the policy {name} as declared")
    return problems


# What it should be


def _quoted(name: str) -> str:
    return f'"{name}"'


def _digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _policies(schema: str, table: str, policy: Policy) -> Iterator[tuple[str, str]]:
    """Name and CREATE POLICY of each policy of the table."""
    if policy.wide:
        yield "zone_wide", f'CREATE POLICY zone_wide ON {table} TO "{wide_role(schema)}" USING (true)'
    for command in policy.confined_commands:
        condition = policy.condition(command)
        name = f"confined_{command.lower()}"
        parts = {
            "SELECT": f"USING ({condition})",
            "DELETE": f"USING ({condition})",
            "INSERT": f"WITH CHECK ({condition})",
            "UPDATE": f"USING ({condition}) WITH CHECK ({condition})",
        }
        yield name, f'CREATE POLICY {name} ON {table} FOR {command} TO "{confined_role(schema)}" {parts[command]}'


def _table_statements(schema: str, table: str, policy: Policy, state: State) -> Iterator[Any]:
    name, wide, confined = map(sql.Identifier, (table, wide_role(schema), confined_role(schema)))
    for line in state.policies:
        yield sql.SQL("DROP POLICY {} ON {}").format(sql.Identifier(line.partition(" ")[0]), name)
    if state.grants:
        yield sql.SQL("REVOKE ALL ON {} FROM PUBLIC, {}, {}").format(name, wide, confined)
    yield sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(name)
    for role, commands in ((wide, policy.wide), (confined, policy.confined_commands)):
        if commands:
            yield sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(", ".join(commands)), name, role)
    for _policy_name, text in _policies(schema, table, policy):
        yield sql.SQL(text)


# What each new policy is, in the declaration's words and in the server's, kept with the policy itself.
_REMEMBER = f"""
SELECT format('COMMENT ON POLICY %%I ON %%I IS %%L', p.polname, c.relname, made ->> 2 || ' ' || {_DIGEST})
FROM jsonb_array_elements(%s::jsonb) made
JOIN pg_class c ON c.oid = to_regclass(quote_ident(made ->> 0))
JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = made ->> 1
"""


def _functions(schema: str) -> dict[str, str]:
    """Name → body of every function that a policy of this schema calls."""
    found = {}
    for config in apps.get_app_configs():
        if module_has_submodule(config.module, "row_security"):
            declared = getattr(import_module(f"{config.name}.row_security"), "FUNCTIONS", {})
            found.update(
                {name: f"SELECT ARRAY({body.format(schema=_quoted(schema))})" for name, body in declared.items()}
            )
    return found


def _function_statements(schema: str) -> Iterator[Any]:
    confined = sql.Identifier(confined_role(schema))
    for name, body in _functions(schema).items():
        # With the rights of the owner, whom policies do not bind, and no path where a name means another thing.
        yield sql.SQL(
            "CREATE OR REPLACE FUNCTION {}() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER"
            " SET search_path = '' AS {}"
        ).format(sql.Identifier(name), sql.Literal(body))
        yield sql.SQL("REVOKE ALL ON FUNCTION {}() FROM PUBLIC").format(sql.Identifier(name))
        yield sql.SQL("GRANT EXECUTE ON FUNCTION {}() TO {}").format(sql.Identifier(name), confined)


def _schema_statements(schema: str) -> Iterator[Any]:
    name, confined, wide = map(sql.Identifier, (schema, confined_role(schema), wide_role(schema)))
    yield sql.SQL("REVOKE ALL ON SCHEMA {} FROM PUBLIC").format(name)
    yield sql.SQL("GRANT USAGE ON SCHEMA {} TO {}, {}").format(name, confined, wide)
    yield sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {} TO {}, {}").format(name, confined, wide)


# Roles

# Another database of the cluster may be making the same role at this moment.
_CREATE_ROLE = sql.SQL("""
DO $$ BEGIN CREATE ROLE {role} NOLOGIN NOINHERIT;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$
""")
_ADMIT = sql.SQL("""
DO $$ BEGIN GRANT {role} TO {login} WITH INHERIT FALSE, SET TRUE;
EXCEPTION WHEN unique_violation OR internal_error THEN NULL; END $$
""")


class NoLogin(LookupError):
    """The role with which DATABASE_URL logs in does not exist."""


def _ensure_roles(cursor: Any, schema: str) -> None:
    """Both roles, and the processes' login and the owner as members who may become them."""
    cursor.execute("SELECT session_user, ARRAY(SELECT rolname::text FROM pg_roles WHERE rolcanlogin)")
    owner, logins = cursor.fetchone()
    if (login := settings.DATABASE_LOGIN or owner) not in logins:
        raise NoLogin(f"There is no role {login!r}, with which DATABASE_URL logs in.")
    for role in _roles(schema):
        cursor.execute("SELECT to_regrole(%s)", [_quoted(role)])
        if cursor.fetchone()[0] is None:
            cursor.execute(_CREATE_ROLE.format(role=sql.Identifier(role)))
        for name in {owner, login}:
            cursor.execute(_ENTRY, {"roles": [role], "logins": [name], "schema": schema})
            if cursor.fetchone()[1]:
                cursor.execute(_ADMIT.format(role=sql.Identifier(role), login=sql.Identifier(name)))

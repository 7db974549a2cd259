"""System checks: every table has its line in the declaration of who may see it."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.db import connection

from zones.context import owner_context
from zones.policies import declared, guarded_models


@register()
def every_model_says_who_sees_it(app_configs: Any, **kwargs: Any) -> list[Error]:
    """A table without a line is granted to nobody, which would be found out by whoever uses it first."""
    labels = {model._meta.label for model in guarded_models()}
    lines = set(declared())
    missing = [
        Error(
            f"{label} is in no row_security.py.",
            hint="Add it to POLICIES of its app (of a library's: megacity/row_security.py); see zones/policies.py.",
            obj=label,
            id="zones.E001",
        )
        for label in sorted(labels - lines)
    ]
    return missing + [
        Error(f"row_security.py has a line for {label}, which is no model.", obj=label, id="zones.E002")
        for label in sorted(lines - labels)
    ]


_LOGIN = """
SELECT rolsuper, rolbypassrls, rolinherit, ARRAY(
    SELECT DISTINCT nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relowner = r.oid AND relkind IN ('r', 'p') AND nspname !~ '^pg_' ORDER BY 1)
FROM pg_roles r WHERE rolname = %s
"""


@register(Tags.database)
def the_login_has_no_rights_of_its_own(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[Error | Warning]:
    """Roles and policies bind nobody who owns the tables. Runs with `check --database default`."""
    if not databases or "default" not in databases or settings.DEVELOPMENT or not settings.DATABASE_LOGIN:
        return []
    with owner_context(), connection.cursor() as cursor:
        cursor.execute(_LOGIN, [settings.DATABASE_LOGIN])
        row = cursor.fetchone()
    return login_problems(settings.DATABASE_LOGIN, *row) if row else []


def login_problems(
    login: str, is_super: bool, bypasses: bool, inherits: bool, owned: list[str]
) -> list[Error | Warning]:
    """What is wrong with the login of DATABASE_URL in production."""
    hint = "Log in as a role that is NOSUPERUSER NOBYPASSRLS NOINHERIT and owns nothing: docs/decisions/0021."
    if is_super or bypasses:
        which = "a superuser" if is_super else "a role that bypasses row-level security"
        return [Error(f"DATABASE_URL logs in as {login!r}, {which}.", hint=hint, id="zones.E003")]
    problems: list[Error | Warning] = []
    if owned:
        said = f"DATABASE_URL logs in as {login!r}, which owns tables in {', '.join(owned)}."
        problems.append(Warning(said, hint=hint + " Give the owner as DATABASE_OWNER_URL.", id="zones.W001"))
    elif inherits:
        problems.append(Warning(f"The role {login!r} inherits what it is a member of.", hint=hint, id="zones.W002"))
    return problems

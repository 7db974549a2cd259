"""Who may see and write which rows: the words in which each app's `row_security.py` says it of its models.

Every model has one line in a table POLICIES, {"app_label.ModelName": Policy(…)}; `zones.roles` turns them into grants
and policies of PostgreSQL. Conditions are SQL about one row of the model's table. A condition that is None is a right
that nobody has.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from django.apps import apps
from django.db.models import Model
from django.utils.module_loading import module_has_submodule

from zones.scope import GUEST, ORGANIZATION_SETTING, PERSON_SETTING

# As sub-selects they are computed once for a statement, not for each row. Without a context they are NULL, and what
# is compared with NULL is never true: no context, no row.
ORGANIZATION = f"(SELECT NULLIF(current_setting('{ORGANIZATION_SETTING}', true), '')::uuid)"
PERSON = f"(SELECT NULLIF(current_setting('{PERSON_SETTING}', true), '')::uuid)"
SOMEBODY = f"(SELECT current_setting('{PERSON_SETTING}', true) <> '')"
# Somebody with an account, or a program of an organization.
MEMBER = f"""(SELECT current_setting('{PERSON_SETTING}', true) NOT IN ('', '{GUEST}')
    OR current_setting('{ORGANIZATION_SETTING}', true) <> '')"""
ANYBODY = "true"

READ, WRITE = ("SELECT",), ("INSERT", "UPDATE", "DELETE")
EVERYTHING = READ + WRITE


@dataclass(frozen=True)
class Policy:
    """The rights of the two roles on one table.

    `wide` and `confined` are the commands that are granted at all. `read` says which rows the confined role sees;
    `write` which ones it may make, change and delete, and what they may become; `insert` which ones it may make, where
    that differs. The wide role is granted its commands on every row.
    """

    read: str | None = None
    write: str | None = None
    insert: str | None = None
    wide: tuple[str, ...] = EVERYTHING
    confined: tuple[str, ...] = EVERYTHING

    @property
    def confined_commands(self) -> tuple[str, ...]:
        """The commands of the confined role that have rows."""
        return tuple(command for command in self.confined if self.condition(command) is not None)

    def condition(self, command: str) -> str | None:
        if command == "SELECT":
            return self.read
        return self.insert or self.write if command == "INSERT" else self.write


NOT_CONFINED = Policy()
"""Seen by the wide role alone."""

REFERENCE = Policy(read=ANYBODY, wide=READ, confined=READ)
"""The same in every zone and of nobody: made by migrations, read by everybody."""

UNUSED = Policy(wide=(), confined=())
"""A table of a library that we do not use."""


def of_organization(*, shared: bool = False) -> Policy:
    """Rows with a column `organization_id`: its people see and write them.

    `shared`: those without an organization are the whole zone's, seen by its members and written by the wide role.
    """
    own = f"organization_id = {ORGANIZATION}"
    return Policy(f"{own} OR (organization_id IS NULL AND {MEMBER})" if shared else own, own)


def of_person(column: str) -> Policy:
    """Rows of one person: they see and write their own."""
    own = f"{column} = {PERSON}"
    return Policy(own, own)


def append_only(policy: Policy) -> Policy:
    """Rows that are written once. The wide role keeps UPDATE and DELETE, by which persons are forgotten: a trigger
    (audit.append_only) lets nothing else through.
    """
    return Policy(policy.read, policy.write, policy.insert, policy.wide, (*READ, "INSERT"))


def part_of(table: str, parent: str, column: str, policy: Policy) -> Policy:
    """Rows of `table` that belong to the row of `parent` whose id stands in `column`; `policy` is the parent's.

    What is seen of the parent is decided by PostgreSQL, which applies the parent's own policy.
    """
    joined = f"EXISTS (SELECT 1 FROM {parent} WHERE {parent}.id = {table}.{column}"
    return Policy(
        f"{joined})" if policy.read else None,
        f"{joined} AND ({policy.write}))" if policy.write else None,
    )


def declared() -> dict[str, Policy]:
    """Every app's POLICIES, by the label of the model."""
    found: dict[str, Policy] = {}
    for config in apps.get_app_configs():
        if module_has_submodule(config.module, "row_security"):
            found.update(import_module(f"{config.name}.row_security").POLICIES)
    return found


def guarded_models() -> Iterator[type[Model]]:
    """Every model that has a table of its own, those of many-to-many relations among them."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model


def policies_by_table() -> dict[str, Policy]:
    """Table → policy, of every model that is declared."""
    lines = declared()
    return {model._meta.db_table: lines[model._meta.label] for model in guarded_models() if model._meta.label in lines}

"""docs/privacy.md: the record of processing that the GDPR, article 30, and Korean law ask for."""

from collections.abc import Iterable

from zones.classification import Erase, Kind, Table, tables

PERSONAL = (Kind.CONTACT, Kind.BEHAVIOUR, Kind.SENSITIVE, Kind.FREE_TEXT, Kind.CREDENTIAL)

HEAD = """# What MegaCity keeps of people

Generated from every app's `privacy.py` by `manage.py privacy_record`; a test holds it current, and a system check fails
on a field that is not classified.

A zone is an account of its own: the same e-mail in two zones is two people, who are exported and erased one by one.
`manage.py export_person` gives out what the tables below call exported, credentials excepted;
`manage.py erase_person` does what stands under *erased* (see [erasure](erasure.md) and [keys](keys.md)).

| kind | what it is |
|---|---|
| identifier | which person or thing, by an id without a meaning of its own; stays as the pseudonym |
| contact | name, e-mail, telephone, address, device |
| behaviour | what somebody did and how well |
| sensitive | resident number, birth date, disability |
| free text | what somebody wrote |
| credential | what opens an account; never exported, never shown |

"""


def as_markdown() -> str:
    """The whole page."""
    lines = sorted(tables().items())
    about = [(label, table) for label, table in lines if _personal(table)]
    rest = [label for label, table in lines if not _personal(table)]
    return (
        HEAD
        + "\n".join(_section(label, table) for label, table in about)
        + "\n## Tables that hold nothing of a person\n\n"
        + ", ".join(f"`{label}`" for label in rest)
        + ".\n"
    )


def _personal(table: Table) -> bool:
    return table.erase != Erase.NOTHING


def _section(label: str, table: Table) -> str:
    kinds = table.kinds()
    rows = [f"| {kind} | {_names(name for name, of in kinds.items() if of == kind)} |" for kind in PERSONAL]
    rows = [row for row in rows if not row.endswith("|  |")]
    kept = [
        f"- purpose: {table.purpose}",
        f"- kept: {table.retention}",
        f"- exported: {'yes' if table.exported else 'no'}",
        f"- erased: {table.erase}",
    ]
    table_rows = ["", "| kind | fields |", "|---|---|", *rows] if rows else []
    return "\n".join([f"## {label}", "", *kept, *table_rows, ""])


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)

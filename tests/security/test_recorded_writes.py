"""What cannot be recorded does not happen: in every service, a write and its row in the log are of one transaction.

The API's writes are tried with a log that takes no row (tests/api/test_fail_closed.py). Commands, consoles, tasks and
pages call the same services; here each of these is read, so that a new one is found by its name.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings

WRITES = {"save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
# Functions that open no transaction around their write and its row, each with who does.
EXCEPTIONS = {
    "accounts.factors.removed": "remove_totp and passkeys.remove, in the transaction in which the factor goes",
    "accounts.guardian_requests.write_consent": "whoever decides, reminds or expires, with the account's row locked",
    "accounts.passwords.confirm_address": "choose and confirming.confirm, in which the link is locked",
    "exams.delivery._create": "start, whose reply is kept in the same transaction (_once)",
    "exams.finishing.finish": "whoever locked the attempt",
    "exams.finishing.settle_pause": "whoever locked the attempt",
}


@dataclass
class Function:
    """One function of a module: its calls by name, each with the transaction that it is made in (None: none)."""

    name: str
    is_atomic: bool
    calls: list[tuple[str, int | None]] = field(default_factory=list)


def _is_atomic(node: ast.expr) -> bool:
    return "atomic" in ast.unparse(node)


def _called(node: ast.Call) -> str:
    target = node.func
    if isinstance(target, ast.Attribute):
        return f".{target.attr}" if target.attr in WRITES else ""
    return target.id if isinstance(target, ast.Name) else ""


def _read(node: ast.AST, held: int | None, into: Function) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef) and child.name != into.name:
            continue
        inner = held
        if isinstance(child, ast.With) and held is None and any(_is_atomic(each.context_expr) for each in child.items):
            inner = child.lineno
        if isinstance(child, ast.Call) and (name := _called(child)):
            into.calls.append((name, inner))
        _read(child, inner, into)


def functions(path: Path) -> dict[str, Function]:
    found = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            made = Function(node.name, any(_is_atomic(each) for each in node.decorator_list))
            _read(node, 0 if made.is_atomic else None, made)
            found[node.name] = made
    return found


def reaching(known: dict[str, Function], goals: set[str]) -> set[str]:
    """The functions of a module that do one of `goals`, themselves or through another function of it."""
    found: set[str] = set()
    while True:
        more = {
            name for name, function in known.items() if any(called in goals | found for called, _ in function.calls)
        }
        if more == found:
            return found
        found = more


def within_callers(known: dict[str, Function]) -> set[str]:
    """Private functions that are called inside of a transaction alone."""
    found = {name for name in known if name.startswith("_")}
    while True:
        outside = {
            called
            for function in known.values()
            for called, held in function.calls
            if called in found and held is None and function.name not in found
        }
        if not outside:
            return found
        found -= outside


def torn(path: Path) -> Iterator[str]:
    """Functions of a module that write outside of the transaction in which they record."""
    known = functions(path)
    writing = reaching(known, {f".{name}" for name in WRITES})
    recording = reaching(known, {"record"})
    held_by_callers = within_callers(known)
    for name in sorted(writing & recording - held_by_callers):
        its = known[name].calls
        # What does both is judged by itself.
        writes = {held for called, held in its if called.startswith(".") or called in writing - recording}
        rows = {held for called, held in its if called == "record" or called in recording - writing}
        if (writes and rows) and (None in writes or not writes <= rows):
            yield name


MODULES = sorted(
    path
    for app in ("accounts", "exams")
    for path in (Path(settings.BASE_DIR) / app / "services").glob("*.py")
    if path.name != "__init__.py"
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.parent.name}.{path.stem}")
def test_a_write_and_its_row_are_of_one_transaction(path: Path):
    names = {f"{path.parent.parent.name}.{path.stem}.{name}" for name in torn(path)}
    assert names - set(EXCEPTIONS) == set()


def test_every_exception_is_still_needed():
    found = {f"{path.parent.parent.name}.{path.stem}.{name}" for path in MODULES for name in torn(path)}
    assert set(EXCEPTIONS) <= found


def test_the_reader_finds_what_is_torn(tmp_path: Path):
    module = tmp_path / "module.py"
    module.write_text(
        """
def whole(row):
    with transaction.atomic():
        row.save()
        record(1)

@transaction.atomic
def decorated(row):
    row.save()
    record(1)

def through(row):
    with transaction.atomic():
        _both(row)

def _both(row):
    row.save()
    record(1)

def no_transaction(row):
    row.save()
    record(1)

def two(row):
    with transaction.atomic():
        row.save()
    with transaction.atomic():
        record(1)

def hidden(row):
    _write(row)
    with transaction.atomic():
        record(1)

def _write(row):
    row.save()

def bare(row):
    _apart(row)

def _apart(row):
    row.save()
    record(1)
"""
    )
    assert list(torn(module)) == ["_apart", "hidden", "no_transaction", "two"]

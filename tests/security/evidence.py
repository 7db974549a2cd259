"""Whether what documents name is there: tests, and the functions of our own modules."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def functions_of(path: str) -> frozenset[str]:
    """The names of a file's tests, as pytest would collect them: `test_x`, `TestY::test_z`."""
    file = ROOT / path
    if not file.is_file() or not file.name.startswith("test_"):
        return frozenset()
    return frozenset(_tests_of(ast.parse(file.read_text(encoding="utf-8")).body))


def _tests_of(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, _FUNCTIONS) and node.name.startswith("test_"):
            yield node.name
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from (f"{node.name}::{name}" for name in _tests_of(node.body))


def is_test(named: str) -> bool:
    """Whether `tests/x/test_y.py::test_z` is there."""
    path, _, name = named.partition("::")
    return name in functions_of(path)


@cache
def is_code(named: str) -> bool:
    """Whether `app.module.function` or `app.module.Class.method` is defined where it says."""
    parts = named.split(".")
    for length in range(len(parts) - 1, 0, -1):
        file = ROOT.joinpath(*parts[:length]).with_suffix(".py")
        if file.is_file():
            body: list[ast.stmt] = ast.parse(file.read_text(encoding="utf-8")).body
            return _is_defined(body, parts[length:])
    return False


def _is_defined(body: list[ast.stmt], names: list[str]) -> bool:
    for node in body:
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and node.name == names[0]:
            return len(names) == 1 or _is_defined(node.body, names[1:])
    return False

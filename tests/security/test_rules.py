"""docs/rules.md: the rules between values, where each is enforced, and the tests that refuse what breaks it."""

import re

from django.apps import apps

from tests.security.evidence import ROOT, is_code, is_test

LINES = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in (ROOT / "docs" / "rules.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| values ")
]
QUOTED = re.compile(r"`([^`]+)`")


def test_each_line_has_values_a_rule_a_place_and_a_test():
    assert len(LINES) > 90
    for line in LINES:
        assert len(line) == 4, line
        assert all(line), line
        assert QUOTED.search(line[2]), line
        assert QUOTED.fullmatch(line[3].split()[0]), line


def test_every_place_that_enforces_a_rule_is_there():
    constraints = {constraint.name for model in apps.get_models() for constraint in model._meta.constraints}
    named = {name for line in LINES for name in QUOTED.findall(line[2])}
    assert sorted(name for name in named if not (name in constraints or is_code(name))) == []


def test_every_test_of_a_rule_is_there():
    named = {name for line in LINES for name in line[3].replace("`", "").split()}
    assert sorted(name for name in named if not is_test(name)) == []


def test_what_is_not_there_would_be_seen():
    assert is_code("accounts.services.people.may_manage")
    assert is_code("accounts.models.people.User.may_enter")
    assert not is_code("accounts.services.people.may_nothing")
    assert not is_code("accounts.models.people.User.may_nothing")
    assert not is_code("accounts.nowhere.may_manage")
    assert is_test("tests/exams/test_calibration.py::TestThePlan::test_it_writes_nothing")
    assert not is_test("tests/exams/test_calibration.py::test_it_writes_nothing")

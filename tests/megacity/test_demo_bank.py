"""Every zone's demo bank is fit to be seeded, and the check that says so finds each kind of fault."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from megacity.demo import bank as banks
from megacity.demo.bank import check, loader
from zones.registry import ZONES

ITEM = banks.BankItem(
    code="probe-001",
    area="algebra",
    a=1.0,
    b=0.0,
    c=0.2,
    key=1,
    ko=banks.BankText(
        "$x+1=3$일 때, $x$의 값은?",
        ("$2$", "$3$", "$4$", "$5$"),
        "양변에서 $1$을 뺀다.",
    ),
    en=banks.BankText(
        "If $x+1=3$, what is $x$?",
        ("$2$", "$3$", "$4$", "$5$"),
        "Subtract $1$ from both sides.",
    ),
)


def test_every_zone_has_a_bank() -> None:
    assert set(loader.zones()) == {zone.zone_id for zone in ZONES}


@pytest.mark.parametrize("zone", loader.zones())
def test_every_bank_is_without_problems(zone: str) -> None:
    assert check.problems(zone) == []


def test_a_sound_item_has_no_faults() -> None:
    assert list(check.item_faults(ITEM)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": 5}, "key 5"),
        ({"b": 3.5}, "b is 3.5"),
        ({"en": replace(ITEM.en, stem=r"$\nonsense x$")}, r"\\nonsense"),
        ({"en": replace(ITEM.en, stem=r"$\frac{1}{2$")}, "frac"),
        (
            {"en": replace(ITEM.en, stem="It costs 5$ and more.")},
            "opens or closes no formula",
        ),
        ({"en": replace(ITEM.en, stem=r"one line\nand another")}, "line break"),
        ({"en": replace(ITEM.en, stem="a <b>bold</b> word")}, "HTML is off"),
        ({"en": replace(ITEM.en, stem="![a line](asset:line.png)")}, "does not exist"),
        (
            {
                "en": replace(ITEM.en, stem="![](asset:line.png)"),
                "assets": {"line.png": b""},
            },
            "no alternative text",
        ),
        (
            {"en": replace(ITEM.en, options=("$2$", "$ 2 $", "3", "4"))},
            "opens or closes no formula",
        ),
        ({"en": replace(ITEM.en, options=("Two", "two.", "3", "4"))}, "2 times"),
        ({"en": replace(ITEM.en, explanation="")}, "explanation is empty"),
        (
            {"en": replace(ITEM.en, options=("2", "3", "4", "all of the above"))},
            "catch-all",
        ),
        ({"ko": ITEM.en}, "no Hangul"),
        (
            {"ko": replace(ITEM.ko, options=("2", "3", "4", "5", "6"))},
            "5 options in Korean",
        ),
    ],
)
def test_the_check_finds(change: dict[str, object], words: str) -> None:
    assert any(words.replace("\\\\", "\\") in fault for fault in check.item_faults(replace(ITEM, **change)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(loader, "FOLDER", tmp_path)
    loader.load.cache_clear()
    yield tmp_path
    loader.load.cache_clear()


def test_a_fault_names_file_code_and_value(folder: Path) -> None:
    (folder / "probe.yaml").write_text(
        "areas: [{code: algebra, ko: 대수, en: Algebra}]\n"
        "exams: [{code: probe-cat, kind: adaptative}]\n"
        "items:\n"
        "  - {code: probe-001, area: algebra, parameters: {a: 1, b: hard, c: 0.2}, key: 1, ko: {}, en: {}}\n"
        "  - {code: probe-002, area: algebra, parameters: {a: 1, b: 1, c: 0.2}, key: 1,\n"
        "     ko: {stem: s, options: [yes, no], explanation: e}, en: {}}\n",
        encoding="utf-8",
    )
    with pytest.raises(banks.BankError) as caught:
        loader.load("probe")
    assert caught.value.problems[0].startswith("probe.yaml: exams: probe-cat: without ")
    assert caught.value.problems[1:] == [
        "probe.yaml: items: probe-001: b must be a number, found 'hard'",
        "probe.yaml: items: probe-002: ko: 1 must be text (put it in quotes), found True",
    ]


def test_an_unknown_zone_is_refused_by_name(folder: Path) -> None:
    with pytest.raises(banks.BankError, match="there is no bank for zone 'atlantis'"):
        loader.load("atlantis")


@pytest.mark.parametrize("zone", loader.zones())
def test_a_fixed_form_follows_its_blueprint(zone: str) -> None:
    bank = banks.load(zone)
    for exam in (exam for exam in bank.exams if exam.kind == "fixed"):
        form = banks.fixed_form(bank, exam)
        assert len({item.code for item in form}) == exam.max_items
        assert [item.b for item in form] == sorted(item.b for item in form)
        for area, share in exam.blueprint.items():
            assert abs(sum(item.area == area for item in form) - share * exam.max_items) < 1

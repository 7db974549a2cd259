"""Whatever is in a file: it is read or refused in words, soon, and nothing else happens."""

import copy
import random
import time
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from exams.interchange.package import Package, ReadItem, Unreadable
from exams.interchange.qti import read, write
from exams.interchange.safexml import DEEPEST
from tests.exams.interchange.packing import (
    choice,
    item,
    mapped,
    processed,
    read_one,
    response,
    single,
    unzipped,
    zipped,
)
from tests.exams.interchange.test_qti1 import document, equal, field, labels, lid, material, question, rule
from tests.exams.interchange.test_qti_roundtrip import ALL

SLOWEST = 10.0
VALUES = [
    "", "-1", "1e999", "nan", "A" * 5000, "[[1]]", "$x$", "option_1 option_1", "가", "../../x", "http://[", "0.1 x",
    "data:image/png;base64,AAAA", "9" * 400, "*_`#|", "true", "RESPONSE", "SCORE", "\u202e",
]  # fmt: skip


def packages() -> dict[str, bytes]:
    items = tuple(ReadItem(f"q{number}", draft) for number, draft in enumerate(ALL.values()))
    return {version: write(Package("", items), version=version).content for version in ("3.0", "2.2")}


PACKAGES = packages()
FILES = {
    **{f"{version} {name}": data for version, content in PACKAGES.items() for name, data in unzipped(content).items()
       if name.endswith(".xml")},
    "1.2": document(
        question("", material("Q") + lid(labels(a="A", b="B"), cardinality="Multiple"), rule(equal("a"))),
        question("numerical_question", material("Q") + field(), rule(equal("3"))),
        question("matching_question", material("Q") + lid(material("x") + labels(a="A")), rule(equal("a"))),
    ),
    "2.1": item(
        response("A", "B", cardinality="multiple", mapping=mapped({"A": 1, "B": -1}, upperBound="1")),
        choice("one", "two", most=0), processed("map_response"),
    ).encode(),
}  # fmt: skip


def outcome(content: bytes) -> Package | None:
    """What was read, if anything; fails on any other error, on silence, and on a long wait."""
    began, refusal = time.monotonic(), ""
    try:
        package = read(content, language="ko")
    except Unreadable as error:
        package, refusal = None, str(error)
    assert time.monotonic() - began < SLOWEST
    if package is None:
        assert refusal
        return None
    assert all(found.losses for found in package.items if found.draft is None)
    return package


def rearranged(content: bytes, rng: random.Random) -> bytes:
    """Well-formed still, but with elements moved, doubled, renamed or emptied and values exchanged."""
    root = etree.fromstring(content)
    for _step in range(rng.randint(1, 6)):
        elements = list(root.iter(etree.Element))
        element, other = rng.choice(elements), rng.choice(elements)
        parent = element.getparent()
        match rng.randrange(6):
            case 0 if parent is not None:
                parent.remove(element)
            case 1 if len(elements) < 2000 and element is not other:
                other.insert(rng.randint(0, len(other)), copy.deepcopy(element))
            case 2 if element.attrib:
                element.set(rng.choice(list(element.attrib)), rng.choice(VALUES))
            case 3 if element.attrib:
                element.attrib.pop(rng.choice(list(element.attrib)))
            case 4:
                element.text = rng.choice(VALUES)
            case _:
                element.tag = other.tag
    return etree.tostring(root)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(FILES)), seed=st.integers(0, 2**32))
def test_rearranged_items_are_read_or_refused(name: str, seed: int) -> None:
    outcome(rearranged(FILES[name], random.Random(seed)))


@settings(max_examples=60, deadline=None)
@given(version=st.sampled_from(sorted(PACKAGES)), seed=st.integers(0, 2**32))
def test_packages_with_rearranged_files_are_read_or_refused(version: str, seed: int) -> None:
    rng = random.Random(seed)
    files = unzipped(PACKAGES[version])
    kept = {name: data for name, data in files.items() if name == "imsmanifest.xml" or rng.random() < 0.3}
    for name, data in kept.items():
        if name.endswith(".xml") and rng.random() < 0.5:
            kept[name] = rearranged(data, rng)
    outcome(zipped(kept))


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(FILES)), data=st.data())
def test_bytes_changed_anywhere_are_read_or_refused(name: str, data: st.DataObject) -> None:
    content = bytearray(FILES[name])
    for _step in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    outcome(bytes(content))


@settings(max_examples=80, deadline=None)
@given(version=st.sampled_from(sorted(PACKAGES)), data=st.data())
def test_damaged_and_cut_zips_are_read_or_refused(version: str, data: st.DataObject) -> None:
    content = bytearray(PACKAGES[version][: data.draw(st.integers(1, len(PACKAGES[version])))])
    for _step in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    outcome(bytes(content))


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(b"PK\x03\x04".__add__), st.text().map(str.encode)))
def test_random_bytes_are_refused(content: bytes) -> None:
    assert outcome(content) is None


def test_elements_that_nest_without_end_are_refused() -> None:
    for depth in (DEEPEST, 250, 100_000):
        assert outcome(single(body="<div>" * depth + "x" + "</div>" * depth).encode()) is None


def test_a_huge_attribute_and_a_huge_text_are_no_trouble() -> None:
    found = read_one(single(body=f'<p class="{"x" * 3_000_000}">{"word " * 100_000}</p>' + choice("a", "b")))
    assert found.draft is not None or found.losses


@pytest.mark.parametrize("count", [3000])
def test_many_gaps_and_many_options_take_no_long_time(count: int) -> None:
    entries = "".join(f'<textEntryInteraction responseIdentifier="R{n}"/> ' for n in range(count))
    declared = "".join(response("x", base="string", name=f"R{n}") for n in range(count))
    outcome(item(declared, f"<p>{entries}</p>").encode())
    many = "".join(f'<simpleChoice identifier="c{n}">{n}</simpleChoice>' for n in range(count))
    outcome(
        item(response("c1"), f'<choiceInteraction responseIdentifier="RESPONSE">{many}</choiceInteraction>').encode()
    )


def test_texts_that_include_each_other_come_to_an_end() -> None:
    page = '<html><body><object data="a.html" type="text/html"/>x</body></html>'
    files = {"q1.xml": single(body='<object data="a.html" type="text/html"/>' + choice("a", "b")), "a.html": page}
    package = outcome(zipped(files))
    assert package is not None
    assert package.items[0].draft is not None


def test_sections_that_include_each_other_come_to_an_end() -> None:
    reference = '<assessmentSectionRef identifier="r" href="s.xml"/>'
    section = f'<assessmentSection identifier="s" title="s">{reference}</assessmentSection>'
    test = f'<assessmentTest identifier="t" title="t"><testPart identifier="p">{section}</testPart></assessmentTest>'
    assert outcome(zipped({"t.xml": test, "s.xml": section})) is not None


def test_a_file_is_read_without_being_copied_into_memory_at_once() -> None:
    class Watched(BytesIO):
        largest = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            self.largest = max(self.largest, len(data))
            return data

    padding = random.Random(1).randbytes(20_000_000)
    file = Watched(zipped({"q1.xml": single(), "film.mp4": padding}))
    assert read(file, language="en").items[0].draft is not None
    assert file.largest < 200_000

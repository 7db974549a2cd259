"""The packages that we write have the structure that the standard asks for."""

import posixpath

import pytest
from lxml import etree

from exams.interchange.package import Package, ReadItem, ReadTest
from exams.interchange.qti import write
from exams.interchange.qti.nodes import attribute, children, inside, name_of
from exams.interchange.qti.vocabulary import VOCABULARIES
from tests.exams.interchange.packing import unzipped
from tests.exams.interchange.test_qti_roundtrip import ALL

ORDER = [
    "responsedeclaration", "outcomedeclaration", "assessmentstimulusref", "itembody", "responseprocessing",
    "modalfeedback",
]  # fmt: skip
MATHML = "http://www.w3.org/1998/Math/MathML"
HTML = {
    "p", "div", "span", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "table", "thead", "tbody", "tr",
    "th", "td", "br", "hr", "img", "a", "h2", "dl", "dt", "dd",
}  # fmt: skip


@pytest.fixture(scope="module", params=["3.0", "2.2"])
def version(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def files(version: str) -> dict[str, etree._Element]:
    items = tuple(ReadItem(f"q{number}", draft, title=name) for number, (name, draft) in enumerate(ALL.items()))
    package = Package("", items, (ReadTest("t", "Test", ("q2", "q0"), 30),))
    content = write(package, version=version).content
    return {name: etree.fromstring(data) for name, data in unzipped(content).items() if name.endswith(".xml")}


def items_of(files: dict[str, etree._Element]) -> list[etree._Element]:
    return [root for root in files.values() if name_of(root) == "assessmentitem"]


def test_the_parts_of_an_item_stand_in_the_order_of_the_schema(files: dict[str, etree._Element]) -> None:
    for root in items_of(files):
        names = [name_of(child) for child in root]
        assert names == sorted(names, key=ORDER.index)
        assert {"identifier", "title", "adaptive", "timedependent"} <= {
            name.replace("-", "").lower() for name in root.attrib
        }


def test_every_name_is_spelt_as_its_version_spells_it(files: dict[str, etree._Element], version: str) -> None:
    words = VOCABULARIES[version]
    for root in files.values():
        if name_of(root) == "manifest":
            continue
        for element in root.iter():
            space, _, name = str(element.tag)[1:].partition("}")
            assert space in {words.namespace, MATHML}
            if space == words.namespace and name not in HTML:
                assert name.startswith("qti-") == (version == "3.0"), name
                assert ("-" in name) == (version == "3.0"), name
                assert all(key.startswith("{") or key.islower() or version == "2.2" for key in element.attrib)


def test_every_interaction_has_a_declared_response_and_every_key_an_option(files: dict[str, etree._Element]) -> None:
    for root in items_of(files):
        declared = {attribute(one, "identifier"): one for one in children(root, "responsedeclaration")}
        asked = [element for element in root.iter() if name_of(element).endswith("interaction")]
        assert sorted(attribute(element, "responseidentifier") for element in asked) == sorted(declared)
        known = {attribute(element, "identifier") for element in root.iter()}
        for response in declared.values():
            if attribute(response, "basetype") in {"identifier", "directedPair"}:
                values = [part for value in inside(response, "value") for part in (value.text or "").split()]
                assert values
                assert known.issuperset(values)


def test_scores_come_from_a_template_or_from_rules_that_set_the_score(
    files: dict[str, etree._Element], version: str
) -> None:
    for root in items_of(files):
        rules = children(root, "responseprocessing")
        if not rules:
            assert next(inside(root, "extendedtextinteraction"), None) is not None
            continue
        template = attribute(rules[0], "template")
        assert bool(template) != bool(len(rules[0]))
        known = {VOCABULARIES[version].template(name) for name in ("match_correct", "map_response")}
        assert not template or template in known
        if template.removesuffix(".xml").endswith("map_response"):
            assert next(inside(root, "mapentry"), None) is not None
        assert {attribute(rule, "identifier") for rule in inside(rules[0], "setoutcomevalue")} <= {"SCORE"}


def test_the_manifest_names_every_file_once_and_every_dependency_is_there(version: str) -> None:
    items = tuple(ReadItem(f"q{number}", draft) for number, draft in enumerate(ALL.values()))
    stored = unzipped(write(Package("", items), version=version).content)
    root = etree.fromstring(stored["imsmanifest.xml"])
    resources = list(inside(root, "resource"))
    hrefs = [attribute(resource, "href") for resource in resources]
    assert sorted(hrefs) == sorted(set(stored) - {"imsmanifest.xml"})
    identifiers = [attribute(resource, "identifier") for resource in resources]
    assert len(set(identifiers)) == len(identifiers)
    assert {attribute(one, "identifierref") for one in inside(root, "dependency")} <= set(identifiers)
    for path, data in stored.items():
        for element in etree.fromstring(data).iter() if path.startswith(("items/", "stimuli/")) else ():
            address = attribute(element, "src") or attribute(element, "href")
            if address and name_of(element) in {"img", "assessmentstimulusref"}:
                assert posixpath.normpath(posixpath.join(posixpath.dirname(path), address)) in stored


def test_a_test_names_the_files_of_its_items(files: dict[str, etree._Element]) -> None:
    (root,) = [root for root in files.values() if name_of(root) == "assessmenttest"]
    assert [name_of(child) for child in root] == ["outcomedeclaration", "timelimits", "testpart", "outcomeprocessing"]
    references = list(inside(root, "assessmentitemref"))
    assert [attribute(one, "href") for one in references] == ["../items/q2.xml", "../items/q0.xml"]
    assert attribute(next(inside(root, "timelimits")), "maxtime") == "1800"

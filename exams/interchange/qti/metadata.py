"""What manifests say about items beside their contents: titles, keywords, areas, and our own parameters."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from lxml import etree

from exams.drafts import ItemDraft
from exams.interchange.qti.nodes import attribute, first, inside, number, text_of

# Names of our own elements in a manifest; the numbers and the whole draft of an item (see docs/decisions/0018).
OWN = "urn:megacity:interchange:item:1"
_TAG = re.compile(r"[-a-zA-Z0-9_]{1,40}")


@dataclass(frozen=True)
class Parameters:
    """A response model's parameters (D = 1), as an export of ours gives them."""

    model: str
    a: float
    b: float
    c: float
    d: float
    thresholds: tuple[float, ...]
    source: str

    def given_to(self, draft: ItemDraft) -> ItemDraft:
        """The draft with these parameters, if they are for as many score categories as it has."""
        expected = 0 if self.model == "logistic" else draft.max_score
        if len(self.thresholds) != expected or (self.model == "logistic" and draft.max_score != 1):
            return draft
        return replace(
            draft,
            model=self.model,
            a=self.a,
            b=self.b,
            c=self.c,
            d=self.d,
            thresholds=self.thresholds,
            source=self.source,
        )


@dataclass(frozen=True)
class Description:
    """What a manifest says about one resource. `draft` is the text of our own copy of the item, if there is one.

    `translates` names the item of which this resource is another language, `pictures` has the paths of the copy's.
    """

    title: str = ""
    area: str = ""
    tags: tuple[str, ...] = ()
    unusable_tags: tuple[str, ...] = ()
    parameters: Parameters | None = None
    draft: str = ""
    translates: str = ""
    identifier: str = ""
    resource: str = ""
    language: str = ""
    pictures: Mapping[str, str] = field(default_factory=dict)


def description(resource: etree._Element) -> Description:
    """Of a `resource` of a manifest, or of anything that holds LOM metadata."""
    metadata = first(resource, "metadata")
    if metadata is None:
        return Description()
    own = next((found for found in metadata.iter() if _is_own(found, "item") or _is_own(found, "test")), None)
    general = next(inside(metadata, "general"), None)
    keywords = list(_keywords(general))
    said = Description(
        title="" if general is None else text_of(first(general, "title"))[:200],
        area=_area(metadata),
        tags=tuple(dict.fromkeys(word for word in keywords if _TAG.fullmatch(word))),
        unusable_tags=tuple(dict.fromkeys(word for word in keywords if not _TAG.fullmatch(word))),
    )
    return said if own is None else _with_own(said, own)


def _is_own(element: etree._Element, name: str) -> bool:
    return element.tag == f"{{{OWN}}}{name}"


def _with_own(said: Description, own: etree._Element) -> Description:
    """Our own words before LOM's, which say the same to others but cannot hold everything."""
    parameters = next((found for found in own if _is_own(found, "parameters")), None)
    draft = next((found for found in own if _is_own(found, "draft")), None)
    pictures = {found.get("name", ""): found.get("href", "") for found in own if _is_own(found, "picture")}
    if own.get("tags") is not None:
        said = replace(said, tags=tuple(own.get("tags", "").split()), unusable_tags=())
    return replace(
        said,
        title=own.get("title", said.title),
        area=own.get("area", said.area),
        parameters=None if parameters is None else _parameters(parameters),
        draft="" if draft is None else draft.text or "",
        translates=own.get("translates", ""),
        identifier=own.get("identifier", ""),
        language=own.get("language", ""),
        pictures=pictures,
    )


def _parameters(element: etree._Element) -> Parameters | None:
    values = {name: number(attribute(element, name)) for name in "abcd"}
    thresholds = [number(value) for value in attribute(element, "thresholds").split()]
    if any(value is None for value in (*values.values(), *thresholds)):
        return None
    return Parameters(
        model=attribute(element, "model", "logistic"),
        **{name: value for name, value in values.items() if value is not None},
        thresholds=tuple(value for value in thresholds if value is not None),
        source=attribute(element, "source", "assumed"),
    )


def _keywords(general: etree._Element | None) -> Iterator[str]:
    for keyword in () if general is None else inside(general, "keyword"):
        words = [text_of(string) for string in inside(keyword, "string", "langstring")] or [text_of(keyword)]
        yield from filter(None, words[:1])


def _area(metadata: etree._Element) -> str:
    """The last taxon of a discipline; other classifications are of no single kind."""
    for classification in inside(metadata, "classification"):
        purpose = text_of(first(classification, "purpose")).lower()
        if "discipline" not in purpose:
            continue
        taxa = [text_of(next(inside(taxon, "entry"), taxon)) for taxon in inside(classification, "taxon")]
        if taxa and taxa[-1]:
            return taxa[-1]
    return ""

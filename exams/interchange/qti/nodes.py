"""Elements of QTI by name, whatever version spelt them: `choiceInteraction` and `qti-choice-interaction` are one."""

from collections.abc import Iterator

from lxml import etree


def plain(name: str) -> str:
    """A name of QTI 2 or 3 without namespace, prefix, dashes, and capitals."""
    local = name.rpartition("}")[2].rpartition(":")[2].lower()
    return local.removeprefix("qti-").replace("-", "").replace("_", "")


def name_of(element: etree._Element) -> str:
    return plain(element.tag) if isinstance(element.tag, str) else ""


def attribute(element: etree._Element, name: str, default: str = "") -> str:
    """The attribute's value, stripped, by its plain name (`responseidentifier`)."""
    for key, value in element.attrib.items():
        if plain(str(key)) == name:
            return str(value).strip()
    return default


def children(element: etree._Element, *names: str) -> list[etree._Element]:
    return [child for child in element if not names or name_of(child) in names]


def first(element: etree._Element, *names: str) -> etree._Element | None:
    return next(iter(children(element, *names)), None)


def inside(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """All descendants of these names, and the element itself, in document order."""
    return (found for found in element.iter() if name_of(found) in names)


def text_of(element: etree._Element | None) -> str:
    """All words of an element, with single spaces."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def number(text: str) -> float | None:
    """The finite number that `text` is, in the spelling of XML or with a decimal comma; None for anything else."""
    try:
        value = float(text.strip().replace(",", ".").replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        return None
    return value if abs(value) < 1e300 else None


def tidy(value: float) -> float:
    """A calculated number without the dust of binary fractions: twelve digits are more than any bound is given with."""
    return float(f"{value:.12g}")

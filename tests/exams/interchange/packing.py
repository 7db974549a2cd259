"""Files of QTI as other systems write them, put together from the parts that a test is about."""

import zipfile
from collections.abc import Mapping
from io import BytesIO

from exams.interchange.package import Package, ReadItem
from exams.interchange.qti import read

TEMPLATES = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/"


def zipped(files: Mapping[str, bytes | str], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def response(
    *correct: str, cardinality: str = "single", base: str = "identifier", name: str = "RESPONSE", mapping: str = ""
) -> str:
    values = "".join(f"<value>{value}</value>" for value in correct)
    right = f"<correctResponse>{values}</correctResponse>" if correct else ""
    return (
        f'<responseDeclaration identifier="{name}" cardinality="{cardinality}" baseType="{base}">'
        f"{right}{mapping}</responseDeclaration>"
    )


def mapped(entries: Mapping[str, float], **attributes: str) -> str:
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    rows = "".join(f'<mapEntry mapKey="{key}" mappedValue="{points}"/>' for key, points in entries.items())
    return f"<mapping{said}>{rows}</mapping>"


def processed(template: str) -> str:
    return f'<responseProcessing template="{TEMPLATES}{template}"/>'


def awarded(condition: str, points: float = 1) -> str:
    """A condition of a response processing that adds points."""
    return (
        f"<responseCondition><responseIf>{condition}<setOutcomeValue identifier='SCORE'><sum>"
        f"<variable identifier='SCORE'/><baseValue baseType='float'>{points}</baseValue></sum>"
        f"</setOutcomeValue></responseIf></responseCondition>"
    )


def item(declarations: str, body: str, after: str = "", *, identifier: str = "q1", attributes: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="{identifier}" title="Title" '
        f'adaptive="false" timeDependent="false" {attributes}>{declarations}'
        '<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>'
        f"<itemBody>{body}</itemBody>{after}</assessmentItem>"
    )


def choice(*options: str, most: int = 1, prompt: str = "Which?", more: str = "", response: str = "RESPONSE") -> str:
    rows = "".join(
        f'<simpleChoice identifier="{letter}">{text}</simpleChoice>'
        for letter, text in zip("ABCDEFGH", options, strict=False)
    )
    return (
        f'<choiceInteraction responseIdentifier="{response}" maxChoices="{most}" shuffle="false" {more}>'
        f"<prompt>{prompt}</prompt>{rows}</choiceInteraction>"
    )


def single(identifier: str = "q1", **changes: str) -> str:
    body = changes.pop("body", choice("one", "two", "three"))
    return item(response("B"), body, processed("match_correct"), identifier=identifier, **changes)


def read_one(xml: str | bytes, *, language: str = "en") -> ReadItem:
    """The only item of a file."""
    (found,) = read(xml.encode() if isinstance(xml, str) else xml, language=language).items
    return found


def words_of(found: ReadItem | Package) -> str:
    return " | ".join(loss.words for loss in found.losses)


def manifest(*hrefs: str, more: str = "") -> str:
    resources = "".join(
        f'<resource identifier="R{number}" type="imsqti_item_xmlv2p1" href="{href}"><file href="{href}"/></resource>'
        for number, href in enumerate(hrefs)
    )
    return (
        '<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="M"><organizations/>'
        f"<resources>{resources}{more}</resources></manifest>"
    )

"""What Canvas says about a quiz in a file beside it (`assessment_meta.xml`)."""

from dataclasses import replace

from django.utils.translation import gettext as _
from lxml import etree

from exams.interchange.package import Loss, ReadTest
from exams.interchange.qti.nodes import attribute, first, name_of, number, text_of

NAMESPACE = "http://canvas.instructure.com/xsd/cccv1p0"


def is_settings(root: etree._Element) -> bool:
    return name_of(root) == "quiz" and str(root.tag).startswith(f"{{{NAMESPACE}}}")


def quiz_of(root: etree._Element) -> str:
    """The identifier of the test that the settings are of."""
    return attribute(root, "identifier")


def with_settings(test: ReadTest, root: etree._Element, where: str) -> ReadTest:
    """The test with its time limit, and what else the settings say as losses."""
    lost = []
    if text_of(first(root, "shuffleanswers")).lower() == "true":
        lost.append(_("The options were shuffled; they are shown in the order of the file."))
    if (number(text_of(first(root, "allowedattempts"))) or 1.0) != 1:
        lost.append(_("The test could be taken several times."))
    if text_of(first(root, "description")):
        lost.append(_("Instructions of sections were left out."))
    minutes = number(text_of(first(root, "timelimit"))) or 0.0
    return replace(
        test,
        time_limit_minutes=test.time_limit_minutes or (max(1, round(minutes)) if 0 < minutes <= 100_000 else None),
        losses=(*test.losses, *(Loss(words, where) for words in lost)),
    )

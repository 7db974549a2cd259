"""QTI 1.2 (Canvas, Blackboard, Respondus), which is told from its successors by its root."""

from django.utils.translation import gettext as _
from lxml import etree

from exams.interchange.package import Loss, ReadItem, ReadTest
from exams.interchange.qti.item import Source
from exams.interchange.qti.nodes import attribute, inside

ROOTS = frozenset({"questestinterop"})


def read(root: etree._Element, source: Source) -> tuple[list[ReadItem], list[ReadTest]]:
    """Every item of the file, refused in words."""
    words = _("This is QTI 1.2, which cannot be read.")
    items = [
        ReadItem(attribute(item, "ident"), None, attribute(item, "title"), losses=(Loss(words, source.where),))
        for item in inside(root, "item")
    ]
    return items, []

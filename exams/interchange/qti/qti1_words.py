"""The material of QTI 1.2 as Markdown: plain text, HTML as text, and pictures beside them."""

import re

from django.utils.translation import gettext as _
from lxml import etree

from exams.interchange import markdown_text as md
from exams.interchange.markup import ToMarkdown
from exams.interchange.media import Shelf
from exams.interchange.qti.item import Source
from exams.interchange.qti.nodes import attribute, name_of

_TAGS = re.compile(r"<(?:/?[a-z][a-z0-9]*\b[^<>]*|!--)/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z]+\d*);", re.IGNORECASE)
_RESPONSES = frozenset({"responselid", "responsestr", "responsenum", "responsexy", "responsegrp"})
# Canvas writes where the files of a course are instead of their address.
_CANVAS = re.compile(r"^\$(?:IMS-CC-FILEBASE|CANVAS_[A-Z_]+|WIKI_REFERENCE)\$/?(?:\.\./)*")


class Words:
    """Turns material into Markdown, and keeps the pictures and losses of one item."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._markdown = ToMarkdown(picture=self._picture)
        self._shelf = Shelf(source.media, lose=self._markdown.lose)

    @property
    def losses(self) -> tuple[str, ...]:
        return self._markdown.losses

    @property
    def assets(self) -> dict[str, bytes]:
        return self._shelf.assets

    def lose(self, loss: str) -> None:
        self._markdown.lose(loss)

    def _picture(self, address: str) -> str | None:
        cleaned = _CANVAS.sub("", address)
        found = self._shelf.take(cleaned, self._source.folder)
        if found is None and cleaned != address:
            found = self._shelf.take(f"web_resources/{cleaned}", "")
        return found

    def plain(self, text: str) -> str:
        """A line of words that are no HTML."""
        return md.paragraph(md.words(text))[0]

    def html(self, text: str) -> str:
        return self._markdown.convert_html(text, where=self._source.where)

    def block(self, element: etree._Element) -> str:
        """All material inside of an element, a block for each."""
        return "\n\n".join(filter(None, (self._material(found) for found in element.iter())))

    def own_material(self, element: etree._Element) -> str:
        """The material of an element without that of the responses and choices inside of it."""
        found = []
        pending = list(reversed(element))
        while pending:
            child = pending.pop()
            if name_of(child) in _RESPONSES or name_of(child).startswith("render"):
                continue
            said = self._material(child)
            if said:
                found.append(said)
            pending += reversed(child)
        return "\n\n".join(found)

    def flowing(self, element: etree._Element, place: dict[int, str]) -> str:
        """Material with marks where responses stand, in one run: sentences that have gaps in them.

        `place` has the marks by the identity of the response elements.
        """
        parts: list[str] = []

        def walk(parent: etree._Element) -> None:
            for child in parent:
                if id(child) in place:
                    parts.append(place[id(child)])
                    said = self.own_material(child)
                    if said:
                        parts.insert(-1, said)
                    continue
                said = self._material(child)
                if said:
                    parts.append(said)
                walk(child)

        walk(element)
        blocks: list[str] = []
        for number, part in enumerate(parts):
            joins = number and (part in place.values() or parts[number - 1] in place.values()) and "\n" not in part
            if joins and "\n" not in blocks[-1].rpartition("\n\n")[2]:
                blocks[-1] += f" {part}"
            else:
                blocks.append(part)
        return "\n\n".join(blocks)

    def _material(self, element: etree._Element) -> str:
        name = name_of(element)
        if name in {"mattext", "matformattedtext", "matemtext", "formattedtext"}:
            return self._text(element, name)
        if name == "matimage":
            return self._image(element)
        if name in {"mataudio", "matvideo", "matapplet", "matapplication"}:
            self.lose(_("Media that are not pictures were left out (%(kind)s).") % {"kind": name.removeprefix("mat")})
        return ""

    def _text(self, element: etree._Element, name: str) -> str:
        if len(element):
            return self._markdown.convert(element)
        text = element.text or ""
        kind = (attribute(element, "texttype") or attribute(element, "type")).lower()
        looks_html = bool(_TAGS.search(text)) or bool(_ENTITY.search(text))
        if "html" in kind or "smart" in kind or (looks_html and kind != "text/plain") or name == "matformattedtext":
            said = self.html(text)
        elif looks_html and re.search(r"</\w+>|<br ?/?>|<img\b", text):
            # Respondus and others call it plain, and show it as HTML all the same.
            said = self.html(text)
        else:
            said = "\n\n".join(filter(None, (self.plain(part) for part in re.split(r"\n\s*\n", text))))
        return f"*{said}*" if name == "matemtext" and re.fullmatch(r"\w[^\n*]*\w|\w", said) else said

    def _image(self, element: etree._Element) -> str:
        address = attribute(element, "uri") or attribute(element, "entityref")
        if not address and (element.text or "").strip():
            kind = attribute(element, "imagtype") or "image/png"
            address = f"data:{kind};base64,{''.join((element.text or '').split())}"
        name = self._picture(address)
        return f"![](asset:{name})" if name else ""

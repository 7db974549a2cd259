"""HTML and XHTML of other systems as our Markdown, and our Markdown as XHTML with MathML."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from lxml import etree

from exams.interchange import markdown_text as md
from exams.interchange.mathml import latex_of
from exams.interchange.safexml import legal, parse_html
from exams.rendering import formulas_in, markdown_to_html, pictures_in

MATHML = "http://www.w3.org/1998/Math/MathML"
TEX = "application/x-tex"

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    {
        "p", "div", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption",
        "pre", "blockquote", "hr", "figure", "figcaption", "section", "article", "header", "footer", "main", "aside",
        "nav", "address", "center", "details", "summary", "form", "fieldset",
    }
) | set(_HEADINGS)  # fmt: skip
_SKIPPED = frozenset(
    {
        "script", "style", "template", "head", "link", "meta", "title", "noscript", "stylesheet", "colgroup", "col",
        "source", "track",
    }
)  # fmt: skip
_PLAYED = frozenset({"audio", "video", "iframe", "embed", "canvas", "applet", "svg"})
_FIELDS = frozenset({"input", "select", "textarea", "button"})
_EMPHASIS = {"em": False, "i": False, "cite": False, "dfn": False, "var": False, "strong": True, "b": True}
_CODE = frozenset({"code", "tt", "kbd", "samp"})
_RAISED = str.maketrans("0123456789+-−=()abcdefghijklmnoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ")
_LOWERED = str.maketrans("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_SHIFTED = {"sup": (_RAISED, "^"), "sub": (_LOWERED, "_")}
_SIDES = {"left": "text-start", "center": "text-center", "right": "text-end"}
_ALIGN = {"left": ":---", "center": ":---:", "right": "---:"}

# What stands in the place of an element: words in the line, or blocks of its own; None: nothing special about it.
Special = Callable[[etree._Element], str | list[str] | None]
Picture = Callable[[str], str | None]


def local_name(element: etree._Element) -> str:
    """The element's name without namespace or prefix, in small letters."""
    if not isinstance(element.tag, str):
        return ""
    return element.tag.rpartition("}")[2].rpartition(":")[2].lower()


class ToMarkdown:
    """Turns trees of (X)HTML into Markdown. `losses` are what it could not carry, each once, in words.

    `picture` gives the asset's name for an address, or None (and notes why); `special` is asked about every element
    first, for those that are not HTML; `is_block` says which of them stand apart from the words around them.
    """

    def __init__(
        self,
        *,
        picture: Picture,
        special: Special | None = None,
        is_block: Callable[[etree._Element], bool] | None = None,
    ) -> None:
        self._picture = picture
        self._special = special or (lambda element: None)
        self._is_special_block = is_block or (lambda element: False)
        self._lost: dict[str, None] = {}

    @property
    def losses(self) -> tuple[str, ...]:
        return tuple(self._lost)

    def lose(self, loss: str) -> None:
        self._lost[loss] = None

    def convert(self, element: etree._Element) -> str:
        """The Markdown of what is inside of `element`."""
        return "\n\n".join(self._blocks(element))

    def convert_html(self, text: str, *, where: str) -> str:
        """The Markdown of a piece of HTML; raises Unreadable when it nests too deep."""
        if "<" not in text and "&" not in text:
            return self._paragraph(md.words(text))
        return self.convert(parse_html(text, where=where))

    def line(self, element: etree._Element) -> str:
        """The Markdown of what is inside of `element`, in one line."""
        return md.cell(" ".join(block.replace("\n", " ") for block in self._blocks(element))).replace("\\|", "|")

    def _paragraph(self, run: str) -> str:
        text, kept = md.paragraph(run)
        if not kept:
            self.lose(_("Emphasis inside of words could not be carried."))
        return text

    def _blocks(self, element: etree._Element) -> list[str]:
        blocks: list[str] = []
        run = [md.words(element.text or "")]

        def flush() -> None:
            text = self._paragraph("".join(run))
            run.clear()
            if text:
                blocks.append(text)

        for child in element:
            special = self._special(child)
            if isinstance(special, list):
                flush()
                blocks += special
            elif special is not None:
                run.append(special)
            elif self._is_block(child):
                flush()
                blocks += self._block(child, blocks)
            elif self._holds_blocks(child):
                flush()
                blocks += self._blocks(child)
            else:
                run.append(self._inline(child))
            run.append(md.words(child.tail or ""))
        flush()
        return blocks

    def _holds_blocks(self, element: etree._Element) -> bool:
        name = local_name(element)
        if name == "math" or name in _PLAYED or name in _SKIPPED or not len(element):
            return False
        return any(map(self._is_block, element.iterdescendants()))

    def _is_block(self, element: etree._Element) -> bool:
        return local_name(element) in _BLOCKS or self._is_special_block(element)

    def _block(self, element: etree._Element, before: list[str]) -> list[str]:
        name = local_name(element)
        self._note_style(element)
        if name in _HEADINGS:
            text = md.cell(" ".join(self._blocks(element))).replace("\\|", "|")
            # Number signs at the end of a heading would close it.
            return ["#" * _HEADINGS[name] + " " + re.sub(r"(#+)$", r"\\\1", text)] if text else []
        if name == "hr":
            return ["---"]
        if name == "pre":
            return self._preformatted(element)
        if name == "blockquote":
            quoted = self.convert(element)
            return [re.sub(r"^(?=.)", "> ", quoted, flags=re.MULTILINE).replace("\n\n", "\n>\n")] if quoted else []
        if name in {"ul", "ol"}:
            return self._list(element, before)
        if name == "table":
            return self._table(element)
        if name == "dt":
            text = self._paragraph(md.emphasised(self._inside(element), strong=True))
            return [text] if text else []
        return self._blocks(element)

    def _preformatted(self, element: etree._Element) -> list[str]:
        text = legal("".join(element.itertext())).strip("\n")
        if not text.strip():
            return []
        fence = "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)
        return [f"{fence}\n{text}\n{fence}"]

    def _list(self, element: etree._Element, before: list[str]) -> list[str]:
        # A list straight after one of the same kind would continue it.
        last = before[-1] if before else ""
        if local_name(element) == "ul":
            markers = ["* " if last.startswith("- ") else "- "] * len(element)
        else:
            start = element.get("start", "1")
            first = int(start) if re.fullmatch(r"\d{1,6}", start) else 1
            sign = ")" if re.match(r"\d+\. ", last) else "."
            markers = [f"{number}{sign} " for number in range(first, first + len(element))]
        items: list[str] = []
        for child in element:
            blocks = self._blocks(child)
            if blocks:
                marker = markers[len(items)]
                separator = "\n" if all(_is_list(block) for block in blocks[1:]) else "\n\n"
                items.append(marker + separator.join(blocks).replace("\n", "\n" + " " * len(marker)))
        text = ("\n\n" if any("\n\n" in item for item in items) else "\n").join(items)
        return [re.sub(r"[ ]+$", "", text, flags=re.MULTILINE)] if items else []

    def _table(self, element: etree._Element) -> list[str]:
        rows = [row for row in element.iter() if local_name(row) == "tr" and _own_table(row) is element]
        # The foot may stand before the body.
        rows.sort(key=lambda row: local_name(row.getparent()) == "tfoot")
        cells = [[cell for cell in row if local_name(cell) in {"td", "th"}] for row in rows]
        captions = [block for child in element if local_name(child) == "caption" for block in self._blocks(child)]
        cells = [row for row in cells if row]
        if not cells:
            return captions
        if max(map(len, cells)) == 1:
            # One column is no table but a frame or a way to lay the page out.
            return captions + [block for row in cells for block in self._blocks(row[0])]
        spans = [cell.get(span, "1") for row in cells for cell in row for span in ("rowspan", "colspan")]
        if not {"", "0", "1"}.issuperset(spans):
            self.lose(_("Cells of a table that span rows or columns became single ones."))
        texts = [[self._cell(cell) for cell in row] for row in cells]
        width = max(map(len, texts))
        has_head = all(local_name(cell) == "th" for cell in cells[0]) or local_name(_parent(cells[0][0])) == "thead"
        if not has_head:
            texts.insert(0, [])
        lines = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in texts]
        aligned = [*map(_alignment, cells[0]), *["---"] * width][:width]
        return [*captions, "\n".join([lines[0], f"| {' | '.join(aligned)} |", *lines[1:]])]

    def _cell(self, element: etree._Element) -> str:
        blocks = self._blocks(element)
        if any(re.match(r"```|\||- |\d+[.)] |> |#", block) for block in blocks):
            self.lose(_("Lists, tables and headings inside of a table became plain lines."))
        return " ".join(md.cell(block) for block in blocks)

    def _inside(self, element: etree._Element) -> str:
        parts = [md.words(element.text or "")]
        for child in element:
            special = self._special(child)
            if isinstance(special, list):
                parts.append(" ".join(special))
            else:
                parts.append(self._inline(child) if special is None else special)
            parts.append(md.words(child.tail or ""))
        return "".join(parts)

    def _inline(self, element: etree._Element) -> str:
        name = local_name(element)
        if name in _SKIPPED:
            if name == "script":
                self.lose(_("A script was left out."))
            return ""
        handler = self._handler(name)
        if handler is not None:
            return handler(element)
        underlined = self._note_style(element)
        inner = self._inside(element)
        if name in _EMPHASIS:
            return md.emphasised(inner, strong=_EMPHASIS[name])
        if name in {"u", "ins"} or underlined:
            self.lose(_("Underlined words are emphasised instead."))
            return md.emphasised(inner, strong=False)
        if name in {"s", "strike", "del"}:
            self.lose(_("Words that were struck out are not any more."))
        if name == "q":
            return f"“{inner}”"
        if name == "rt":
            return f"({inner})" if inner.strip() else ""
        return "" if name == "rp" else inner

    def _handler(self, name: str) -> Callable[[etree._Element], str] | None:
        if name in _PLAYED:
            return self._played
        if name in _FIELDS:
            return self._field
        if name in _CODE:
            return lambda element: md.code("".join(element.itertext()))
        return {
            "br": lambda element: md.BREAK,
            "img": self._image,
            "image": self._image,
            "object": self._object,
            "math": self._math,
            "sup": self._shifted,
            "sub": self._shifted,
            "a": self._link,
        }.get(name)

    def _note_style(self, element: etree._Element) -> bool:
        """Whether the element's style underlines; notes colours."""
        style = element.get("style", "")
        if re.search(r"\bcolor\s*:|background", style) or element.get("color"):
            self.lose(_("Colours were left out."))
        return "underline" in element.get("class", "") or bool(re.search(r"text-decoration[^;]*underline", style))

    def _played(self, element: etree._Element) -> str:
        kind = local_name(element)
        self.lose(_("Media that are not pictures were left out (%(kind)s).") % {"kind": kind})
        return ""

    def _field(self, element: etree._Element) -> str:
        self.lose(_("A field of a form was left out."))
        return ""

    def _image(self, element: etree._Element) -> str:
        formula = element.get("data-equation-content") or element.get("data-latex") or ""
        if formula and (shown := md.words(f"\\({formula}\\)")).startswith(md.MATH):
            return shown
        source = element.get("src") or element.get("{http://www.w3.org/1999/xlink}href") or element.get("data") or ""
        return self._shown(source, element.get("alt") or "")

    def _shown(self, source: str, description: str) -> str:
        name = self._picture(source.strip())
        alt = md.words(description).replace("]", "\\]")
        alt = re.sub("[\ue000-\ue00f]", "", alt).strip()
        if name is None:
            return alt
        return f"![{alt}](asset:{name})"

    def _object(self, element: etree._Element) -> str:
        kind, source = element.get("type", ""), element.get("data") or element.get("src") or ""
        if kind.startswith("image/") or re.search(r"\.(png|jpe?g|gif|webp|svg)$", source, re.IGNORECASE):
            description = " ".join("".join(element.itertext()).split())
            return self._shown(source, element.get("alt") or description)
        self.lose(_("Media that are not pictures were left out (%(kind)s).") % {"kind": kind[:40] or "object"})
        return self._inside(element)

    def _math(self, element: etree._Element) -> str:
        formula = latex_of(element)
        if formula is None:
            text = " ".join(" ".join(element.itertext()).split())
            if text:
                self.lose(_("A formula could not be carried: %(formula)s") % {"formula": text[:100]})
            return md.words(text)
        return md.math(formula, display=element.get("display") == "block")

    def _shifted(self, element: etree._Element) -> str:
        signs, sign = _SHIFTED[local_name(element)]
        text = "".join("".join(element.itertext()).split())
        if text and all(ord(character) in signs for character in text):
            return text.translate(signs)
        inner = self._inside(element)
        if len(element) or not text:
            if text:
                self.lose(_("Raised or lowered words became ordinary ones."))
            return inner
        formula = md.words(rf"\({sign}{{\text{{{text}}}}}\)")
        if formula.startswith(md.MATH):
            return formula
        self.lose(_("Raised or lowered words became ordinary ones."))
        return inner

    def _link(self, element: etree._Element) -> str:
        href, inner = (element.get("href") or "").strip(), self._inside(element)
        if not href or not inner.strip() or href.startswith("#"):
            return inner
        try:
            address = urlsplit(href)
        except ValueError:
            address = urlsplit("")
        if address.scheme in {"http", "https"} and not re.search(r"[\s<>\\\"`$]", href) and md.MATH not in inner:
            return f"[{inner.replace(']', chr(92) + ']')}](<{href}>)"
        self.lose(_("The link to %(address)s was left out.") % {"address": href[:100]})
        return inner


def _is_list(block: str) -> bool:
    return bool(re.match(r"[-*] |\d+[.)] ", block))


def _parent(element: etree._Element) -> etree._Element:
    row = element.getparent()
    above = row.getparent() if row is not None else None
    return element if above is None else above


def _alignment(cell: etree._Element) -> str:
    said = cell.get("align") or next((side for side in _SIDES if _SIDES[side] in cell.get("class", "").split()), "")
    return _ALIGN.get(said, "---")


def _own_table(row: etree._Element) -> etree._Element | None:
    return next((above for above in row.iterancestors() if local_name(above) == "table"), None)


def to_xhtml(
    markdown: str, *, pictures: Callable[[str], str], namespace: str = "", gaps: bool = False
) -> etree._Element:
    """The Markdown in a `div`: XHTML elements of `namespace`, formulas as MathML that carries its LaTeX.

    `pictures` gives the address of a picture by its asset's name; with `gaps`, `[[3]]` is a `span` of the class "gap".
    """
    addresses = {name: pictures(name) for name in pictures_in(markdown)}
    rendered = markdown_to_html(legal(markdown), addresses, gaps=gaps)
    root = etree.fromstring(f"<div>{rendered}</div>".encode())
    wrappers = [element for element in root.iter("span", "div") if "math" in element.get("class", "").split()]
    for wrapper, formula in zip(wrappers, formulas_in(legal(markdown)), strict=True):
        _unwrap_formula(wrapper, formula.strip())
    if namespace:
        for element in root.iter():
            if "}" not in element.tag:
                element.tag = f"{{{namespace}}}{element.tag}"
    return root


def _unwrap_formula(wrapper: etree._Element, formula: str) -> None:
    above = wrapper.getparent()
    if above is None or not len(wrapper):
        return
    shown, shown_tail = wrapper[0], wrapper.tail
    if local_name(shown) == "math":
        semantics = etree.Element(f"{{{MATHML}}}semantics")
        row = etree.SubElement(semantics, f"{{{MATHML}}}mrow")
        row.extend(list(shown))
        annotation = etree.SubElement(semantics, f"{{{MATHML}}}annotation", encoding=TEX)
        annotation.text = formula
        shown.append(semantics)
    above.replace(wrapper, shown)
    shown.tail = shown_tail

"""XML and HTML from outside, as trees: no entities, no document types, nothing fetched, no depth to drown in."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from html.entities import html5

from django.utils.translation import gettext as _
from lxml import etree, html

from exams.interchange.package import Unreadable

LARGEST_XML = 20 * 1024 * 1024
# Documents that people write nest some twenty deep; walking a tree takes a stack frame or two for each.
DEEPEST = 120
MOST_ELEMENTS = 500_000
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]{0,500}?\?>")
_DECLARED_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
# What browsers read ISO 8859-1 as, and what is meant by those who write "ks_c_5601" or "euc-kr".
_MEANT = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252"}
_MEANT |= dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601", "euc_kr"), "cp949")
# Encodings in which several spellings of `<` hide from a look at the text, or that unpack to more than they are.
_PLAIN = ("utf", "cp", "windows", "iso8859", "iso-8859", "koi8", "mac", "big5", "gb", "shift", "euc", "johab", "latin")
_DOCTYPE = re.compile(r"<!DOCTYPE\b(?:[^\[>\"']|\"[^\"]*\"|'[^']*')*(?P<subset>\[)?")
_SUBSET = re.compile(r"<!--.*?-->|\"[^\"]*\"|'[^']*'|<!ENTITY|\]", re.DOTALL)
_LITERAL = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->", re.DOTALL)
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Parsed:
    """A document's root, and in `guessed_encoding` what it was read as when it was not what it says itself."""

    root: etree._Element
    guessed_encoding: str = ""


def parse(content: bytes, *, where: str, language: str = "") -> Parsed:
    """The tree of a document of at most LARGEST_XML bytes; raises Unreadable, naming `where`, for a broken one.

    Named characters of HTML (`&nbsp;`), which XML does not know, are understood; a document type is passed over, and
    one that defines entities is refused. `language` helps to guess the encoding of a document that lies about it.
    """
    if len(content) > LARGEST_XML:
        raise Unreadable(
            _("%(where)s has %(size)s MB; XML files up to %(limit)s MB can be read.")
            % {"where": where, "size": -(-len(content) // 2**20), "limit": LARGEST_XML // 2**20}
        )
    text, guessed = decode(content, where=where, language=language)
    text = _without_document_type(_DECLARATION.sub("", text, count=1), where)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(_with_characters(text).encode("utf-8", errors="replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = str(getattr(error, "msg", None) or error)[:200]
        raise Unreadable(_("%(where)s is no well-formed XML: %(error)s") % {"where": where, "error": reason}) from error
    if root is None:
        raise Unreadable(_("%(where)s is empty.") % {"where": where})
    _check_shape(root, where)
    return Parsed(root, guessed)


def parse_html(text: str, *, where: str) -> etree._Element:
    """The tree of a piece of HTML in a `div`, mended as browsers do; raises Unreadable when it nests too deep."""
    cleaned = _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        root = etree.fromstring(f"<html><body><div>{cleaned}</div></body></html>".encode(), parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(
            _("%(where)s has HTML that cannot be read: %(error)s") % {"where": where, "error": str(error)[:200]}
        ) from error
    if root is None:
        raise Unreadable(_("%(where)s is empty.") % {"where": where})
    _check_shape(root, where)
    body = root.find("body")
    return root if body is None else body


def legal(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)


def decode(content: bytes, *, where: str, language: str = "") -> tuple[str, str]:
    """The text of a file, and the encoding when that had to be guessed against what the file says (else empty).

    Goes by the byte order mark, then by the XML declaration, then UTF-8. Files that say UTF-8 and are not come from
    older Windows programs: Korean ones (`language` "ko") in its code page 949, others in 1252.
    """
    declared = _declared(content)
    for encoding in dict.fromkeys((declared, "utf-8")):
        try:
            return content.decode(encoding).removeprefix("\ufeff"), "" if encoding == declared else encoding
        except (UnicodeError, LookupError):
            continue
    for encoding in ("cp949", "cp1252") if language.startswith("ko") else ("cp1252",):
        try:
            return content.decode(encoding), encoding
        except UnicodeError:
            continue
    raise Unreadable(_("%(where)s is in no known encoding; save it as UTF-8.") % {"where": where})


def _declared(content: bytes) -> str:
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return encoding
    if content[:4] == b"<\x00?\x00" or content[:4] == b"<\x00!\x00":
        return "utf-16-le"
    if content[:4] == b"\x00<\x00?" or content[:4] == b"\x00<\x00!":
        return "utf-16-be"
    said = _DECLARED_ENCODING.search(content[:1000])
    name = said[1].decode("ascii").lower() if said else "utf-8"
    # A file that can be read byte by byte up to its declaration is not in UTF-16, whatever it says there.
    if not name.startswith(_PLAIN) or name.startswith(("utf-16", "utf16", "utf-32", "utf-7", "utf_7", "utf7")):
        return _MEANT.get(name, "utf-8")
    return _MEANT.get(name, name)


def _without_document_type(text: str, where: str) -> str:
    at = text.find("<!DOCTYPE")
    if at < 0:
        return text
    before = _LITERAL.sub("", text[:at])
    if re.search(r"<[A-Za-z_]", before):
        # It is inside of the document: in a CDATA section or comment, or the parser will complain.
        return text
    found = _DOCTYPE.match(text, at)
    if found is None:
        return text
    end = found.end()
    if found["subset"]:
        end = _end_of_subset(text, end, where)
    closing = text.find(">", end)
    return text[:at] + text[closing + 1 :] if closing >= 0 else text


def _end_of_subset(text: str, start: int, where: str) -> int:
    """Where the definitions inside of a document type end; raises Unreadable when entities are among them."""
    for piece in _SUBSET.finditer(text, start):
        if piece[0] == "]":
            return piece.end()
        if piece[0] == "<!ENTITY":
            raise Unreadable(
                _("%(where)s defines entities, which can make a small file endless. Save it without a DOCTYPE.")
                % {"where": where}
            )
    return len(text)


def _with_characters(text: str) -> str:
    """Named characters of HTML as themselves, except where they are meant letter by letter."""
    if "&" not in text:
        return text
    pieces, at = [], 0
    for literal in _LITERAL.finditer(text):
        pieces += [_NAMED.sub(_character, text[at : literal.start()]), literal[0]]
        at = literal.end()
    return "".join([*pieces, _NAMED.sub(_character, text[at:])])


def _character(found: re.Match[str]) -> str:
    meant = html5.get(f"{found[1]};")
    return found[0] if meant is None or found[1] in _OF_XML else escape(meant)


def _check_shape(root: etree._Element, where: str) -> None:
    for count, depth in enumerate(_depths(root), start=1):
        if depth > DEEPEST:
            raise Unreadable(
                _("%(where)s nests elements more than %(limit)s deep.") % {"where": where, "limit": DEEPEST}
            )
        if count > MOST_ELEMENTS:
            raise Unreadable(
                _("%(where)s has more than %(limit)s elements.") % {"where": where, "limit": MOST_ELEMENTS}
            )


def _depths(root: etree._Element) -> Iterator[int]:
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            depth += 1
            yield depth
        else:
            depth -= 1
        if not isinstance(element.tag, str):
            # An entity that nobody defined: parsers without document types keep it as a node of its own.
            raise Unreadable(_("The XML uses the entity %(name)s, which is not defined.") % {"name": element.text})

"""From the bytes of a text file to its characters, in whatever encoding it was saved."""

import codecs

from django.utils.translation import gettext as _

from exams.interchange.package import Unreadable

# Excel saves a Korean CSV as CP949; CP1252 is what Western Windows writes and has no byte for five positions.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 4096


def decode(content: bytes) -> tuple[str, str]:
    """The text, with "\\n" at its lines' ends, and the name of the encoding it was found to be in.

    Raises Unreadable for binary data.
    """
    text, encoding = _decode(content)
    if "\x00" in text:
        raise Unreadable(_("This is no text file: it holds binary data."))
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding


def _decode(content: bytes) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return content[len(mark) :].decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise Unreadable(
                    _("The file begins as %(encoding)s, but is not.") % {"encoding": encoding.upper()}
                ) from error
    if (unmarked := _unmarked_utf16(content)) is not None:
        return unmarked
    for encoding in ("utf-8", "cp949"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or _looks_korean(text):
            return text, encoding
    try:
        return content.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        return content.decode("latin-1"), "latin-1"


def _unmarked_utf16(content: bytes) -> tuple[str, str] | None:
    """Latin letters in UTF-16 have a NUL in every second byte."""
    sample = content[:_SAMPLE]
    if len(content) < 4 or len(content) % 2 or b"\x00" not in sample:
        return None
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = sample[start::2].count(0), sample[1 - start :: 2].count(0)
        # A Korean syllable may have one on the other side.
        if zeros > len(sample) // 8 and others * 4 < zeros:
            try:
                return content.decode(encoding), encoding
            except UnicodeDecodeError:
                return None
    return None


def _looks_korean(text: str) -> bool:
    """Whether characters beyond ASCII are mostly Hangul: a Western text read as CP949 is rare Chinese characters."""
    beyond = [character for character in text if character > "\x7f"]
    hangul = sum("\uac00" <= character <= "\ud7a3" or "\u3130" <= character <= "\u318f" for character in beyond)
    return 2 * hangul >= len(beyond)

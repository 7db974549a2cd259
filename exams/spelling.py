"""When two short texts are the same answer: pure, no Django."""

import unicodedata
from functools import cache

# Marks upon one letter, as in the Stream-Safe Text Format (UAX #15, section 12). Normalizing sorts each run of them in
# the square of its length, so that some kilobytes of marks alone would hold a process for minutes.
_MOST_MARKS = 30
# What word processors and telephones put in the place of what was typed.
_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—−", "-"),
    }
)


def tidied(text: str) -> str:
    """What is stored of a text that somebody typed: composed (NFC), without outer spaces.

    Control characters and halves of surrogate pairs, which PostgreSQL does not take, are dropped; so are the marks upon
    one letter beyond the thirtieth, which no script has.
    """
    lines = text.replace("\r\n", "\n")
    kept = (char for char in lines if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"})
    return unicodedata.normalize("NFC", stream_safe("".join(kept))).strip()


def stream_safe(text: str) -> str:
    """The text with at most thirty marks in a row, which normalizes in time that grows with its length alone."""
    if text.isascii():
        return text
    kept, run = [], 0
    for char in text:
        # What is no mark itself may begin, decomposed, with some; the bound is far enough from where they would matter.
        run = run + 1 if unicodedata.combining(char) else 0
        if run <= _MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def folded(text: str, *, case_sensitive: bool = False) -> str:
    """The form in which two answers are compared.

    Compatibility forms are folded (NFKD): keyboards and input methods give full-width letters, superscripts and
    half-width Hangul for the very answer that was meant, and no short text hangs on the difference. Hangul is compared
    letter by letter, so that composed, decomposed and separately typed letters are equal; two different words of whole
    syllables never become equal, since a syllable begins with its only leading consonant. Spaces are folded to one,
    invisible characters dropped, quotation marks and dashes are those of a typewriter; case is folded unless
    `case_sensitive`.
    """
    text = unicodedata.normalize("NFKC", text)
    if not case_sensitive:
        text = text.casefold()
    text = unicodedata.normalize("NFKD", text).translate(_TYPOGRAPHY)
    letters = (_leading(char) for char in text if unicodedata.category(char) != "Cf")
    return " ".join("".join(letters).split())


@cache
def _leading(char: str) -> str:
    """A final consonant of Hangul as the same consonant at the beginning of a syllable; anything else as it is."""
    name = unicodedata.name(char, "")
    if not name.startswith("HANGUL JONGSEONG "):
        return char
    try:
        return unicodedata.lookup(name.replace("JONGSEONG", "CHOSEONG"))
    except KeyError:
        # A cluster that begins no syllable is one letter of its own.
        return char

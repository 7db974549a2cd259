"""Words, emphasis and formulas put together as Markdown that shows exactly them (exams.rendering says how it reads)."""

import re

from exams.interchange.mathml import is_shown
from exams.rendering import markdown_to_html

# Marks between pieces of a paragraph until it is whole; the private use area is taken out of what comes from outside.
BREAK = "\ue000"
MATH, MATH_END = "\ue001", "\ue002"
DISPLAY, DISPLAY_END = "\ue003", "\ue004"
EMPHASIS, EMPHASIS_END = "\ue005", "\ue006"
STRONG, STRONG_END = "\ue007", "\ue008"
_MARKS = re.compile("[\ue000-\ue00f]")
_EMPHASES = re.compile("[\ue005-\ue008]")

_SPACE = re.compile(r"[ \t\r\n\f\v\u2028\u2029\x85\x1c-\x1f]+")
_SPECIAL = re.compile(r"[\\`*\[$\ufffc]|<(?=[A-Za-z/!?]|$)|&(?=[#A-Za-z]|$)|(?<![^\W_])_|_(?![^\W_])|!$")
_LINE_START = re.compile(r"(#{1,6}(?= |$)|[-+](?= |$)|>|~~~|=+ *$|-+ *$|[-:|][-:| ]+$)|(\d{1,9})([.)])(?= |$)")
_TEX = re.compile(
    r"\\\((?P<round>.+?)\\\)|\\\[(?P<square>.+?)\\\]|\$\$(?P<double>[^$]+?)\$\$"
    r"|(?<![\\$\w])\$(?P<single>(?=\S)[^$\n]{0,500}?[\\^_{][^$\n]{0,500}?(?<=\S))\$(?![\w$])",
    re.DOTALL,
)
_FORMULA = re.compile(r"(\d+(?:[.,]\d+)*)?\ue001([^\ue002]*)\ue002(\d+(?:[.,]\d+)*)?")
_PUNCTUATION_IN = re.compile("([\ue005\ue007])([^\\w\\s\ue000-\ue00f\\\\$`&\\[\\]!]+)")
_PUNCTUATION_OUT = re.compile("((?<!\\\\)[^\\w\\s\ue000-\ue00f\\\\$`&;\\[\\]!)]+)([\ue006\ue008])")


def words(text: str) -> str:
    """Words from outside, escaped; LaTeX between its usual marks becomes a formula."""
    text = _SPACE.sub(" ", _MARKS.sub("\N{REPLACEMENT CHARACTER}", text))
    if "$" not in text and "\\" not in text:
        return _escape(text)
    pieces, at = [], 0
    for found in _TEX.finditer(text):
        formula = (found["round"] or found["square"] or found["double"] or found["single"]).strip()
        if not formula or not is_shown(formula):
            continue
        pieces += [_escape(text[at : found.start()]), math(formula, display=bool(found["square"] or found["double"]))]
        at = found.end()
    return "".join([*pieces, _escape(text[at:])])


def _escape(text: str) -> str:
    return _SPECIAL.sub(lambda found: "\\" + found[0], text)


def math(formula: str, *, display: bool = False) -> str:
    return f"{DISPLAY}{formula}{DISPLAY_END}" if display else f"{MATH}{formula}{MATH_END}"


def code(text: str) -> str:
    """An inline code span."""
    text = _MARKS.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.split()))
    if not text:
        return ""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def emphasised(inner: str, *, strong: bool) -> str:
    """`inner` between marks of emphasis, with the spaces at its ends outside of them, where Markdown wants them."""
    stripped = inner.strip(f" {BREAK}")
    if not stripped:
        return inner
    opening, closing = (STRONG, STRONG_END) if strong else (EMPHASIS, EMPHASIS_END)
    before, _, after = inner.partition(stripped)
    return f"{before}{opening}{stripped}{closing}{after}"


def paragraph(run: str) -> tuple[str, bool]:
    """The Markdown of one paragraph, and whether all its emphasis could be kept."""
    run = re.sub(f" *{BREAK} *", BREAK, re.sub(" +", " ", run)).strip(f" {BREAK}\xa0")
    run = _formulas(run)
    plain = _lines(_EMPHASES.sub("", run))
    if not _EMPHASES.search(run):
        return plain, True
    marked = _lines(_emphasis(run))
    if _shown_words(marked) == _shown_words(plain):
        return marked, True
    return plain, False


def cell(markdown: str) -> str:
    """A paragraph as a cell of a table: one line whose bars do not end it."""
    return re.sub(r"\\?\n", " ", markdown).replace("|", "\\|")


def _formulas(run: str) -> str:
    # Formulas that touch would open a displayed one with their dollar signs.
    run = re.sub(f"{MATH_END}{MATH}", " ", run)
    run = _FORMULA.sub(lambda found: f"{MATH}{found[1] or ''}{found[2]}{found[3] or ''}{MATH_END}", run)
    run = re.sub(f"([{MATH_END}{DISPLAY_END}])(?=[{MATH}{DISPLAY}])", r"\1 ", run)
    # Dollar signs beside a digit are money, not mathematics.
    run = re.sub(f"(?<=[^\\W\\D])(?=[{MATH}{DISPLAY}])|(?<=[{MATH_END}{DISPLAY_END}])(?=[^\\W\\D])", " ", run)
    pieces = re.split(f"([{MATH}{MATH_END}{DISPLAY}{DISPLAY_END}])", run)
    out = []
    for number, piece in enumerate(pieces):
        if piece in {MATH, MATH_END}:
            out.append("$")
        elif piece in {DISPLAY, DISPLAY_END}:
            out.append("$$")
        else:
            before = pieces[number - 1] if number else ""
            after = pieces[number + 1] if number + 1 < len(pieces) else ""
            if before in {MATH_END, DISPLAY_END} and piece[:1].isdigit():
                piece = f" {piece}"
            if after in {MATH, DISPLAY} and piece[-1:].isdigit():
                piece = f"{piece} "
            out.append(piece)
    return "".join(out)


def _emphasis(run: str) -> str:
    run = run.replace(STRONG_END + STRONG, "").replace(EMPHASIS_END + EMPHASIS, "")
    # Markdown does not see emphasis that begins or ends with punctuation inside of a word, as in Korean before a
    # particle; the punctuation can do without.
    run = re.sub("(?<=[^\\s\ue000-\ue00f])" + _PUNCTUATION_IN.pattern, r"\2\1", run)
    run = re.sub(_PUNCTUATION_OUT.pattern + "(?=[^\\s\ue000-\ue00f])", r"\2\1", run)
    run = run.replace(STRONG + STRONG_END, "").replace(EMPHASIS + EMPHASIS_END, "")
    return re.sub(f"[{STRONG}{STRONG_END}]", "**", re.sub(f"[{EMPHASIS}{EMPHASIS_END}]", "*", run))


def _lines(run: str) -> str:
    return "\\\n".join(_LINE_START.sub(_escaped_start, line, count=1) for line in _split(run))


def _split(run: str) -> list[str]:
    return [line.strip(" ") for line in run.split(BREAK)]


def _escaped_start(found: re.Match[str]) -> str:
    if found.start():
        return found[0]
    return f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}"


def _shown_words(markdown: str) -> str:
    return "".join(re.sub(r"<[^>]+>", "", markdown_to_html(markdown)).split())

"""From an item's Markdown to the HTML that a student sees, with mathematics as MathML."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape, unescape
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

_ASSET = re.compile(r'src="asset:([^"]+)"')
# The page's policy allows no inline style; Bootstrap has classes for what Markdown's tables say.
_ALIGNMENT = re.compile(r'style="text-align:(left|center|right)"')
_ALIGNMENT_CLASS = {"left": "text-start", "center": "text-center", "right": "text-end"}
_GAP = re.compile(r"\[\[([1-9][0-9]{0,2})\]\]")
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_ESCAPED = re.compile(r"\\.")
# What \href, \class, \style and the like would put into a formula: links and a hold for scripts, nothing to calculate.
_NO_MATHEMATICS = frozenset({"href", "style", "class", "id"})


def _element(formula: str, display: str = "inline") -> Element:
    """The formula as MathML whose texts are plain characters.

    The converter's own text form turns every `<` of a formula's words into a tag, whoever wrote it.
    """
    root = convert_to_element(formula, display=display)
    for element in root.iter():
        element.text, element.tail = unescape(element.text or ""), unescape(element.tail or "")
        element.attrib = {
            name: unescape(value) for name, value in element.attrib.items() if name not in _NO_MATHEMATICS
        }
    return root


def _mathml(content: str, options: dict) -> str:
    display = "block" if options.get("display_mode") else "inline"
    try:
        return tostring(_element(content, display), encoding="unicode")
    except Exception:
        # An author's slip in a formula must not stop an exam: show what was written.
        return f"<code>{escape(content)}</code>"


@cache
def _parser(*, gaps: bool = False) -> MarkdownIt:
    # Raw HTML stays off: item texts come from many authors and from imported files.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": False}).enable("table")
    parser.use(dollarmath_plugin, renderer=_mathml, double_inline=True, allow_digits=False)
    if gaps:
        parser.inline.ruler.before("link", "gap", _gap)
        parser.add_render_rule("gap", _gap_html)
    return parser


def _gap(state: StateInline, silent: bool) -> bool:
    """An inline rule of markdown-it: `[[3]]` is the place of gap 3, but not in code or in a formula."""
    place = _GAP.match(state.src, state.pos)
    if place is None:
        return False
    if not silent:
        state.push("gap", "", 0).content = place[1]
    state.pos = place.end()
    return True


def _gap_html(renderer: object, tokens: Sequence[Token], index: int, options: object, env: object) -> str:
    return f'<span class="gap" data-gap="{tokens[index].content}"></span>'


def markdown_to_html(text: str, assets: dict[str, str] | None = None, *, gaps: bool = False) -> str:
    """Block HTML of `text`; `assets` maps picture names to their addresses (a missing one shows its alt text).

    With `gaps`, `[[3]]` becomes `<span class="gap" data-gap="3"></span>`.
    """
    html = _ALIGNMENT.sub(lambda match: f'class="{_ALIGNMENT_CLASS[match[1]]}"', _parser(gaps=gaps).render(text))
    known = assets or {}
    return _ASSET.sub(lambda match: f'src="{escape(known.get(match[1], ""))}"', html)


def inline_to_html(text: str, assets: dict[str, str] | None = None) -> str:
    """The same without the paragraph around a single line, for options."""
    html = markdown_to_html(text, assets).strip()
    if html.startswith("<p>") and html.endswith("</p>") and html.count("<p>") == 1:
        return html[3:-4]
    return html


def _tokens(text: str, *, gaps: bool = False) -> Iterator[Token]:
    for block in _parser(gaps=gaps).parse(text):
        yield block
        yield from block.children or ()


def pictures_in(text: str) -> set[str]:
    """The names that `text` shows as `asset:NAME`."""
    sources = [str(token.attrs.get("src", "")) for token in _tokens(text) if token.type == "image"]
    return {source.removeprefix("asset:") for source in sources if source.startswith("asset:")}


def gaps_in(text: str) -> list[int]:
    """The numbers of the gaps that `text` shows as `[[number]]`, in their order."""
    return [int(token.content) for token in _tokens(text, gaps=True) if token.type == "gap"]


def formulas_in(text: str) -> list[str]:
    """The LaTeX of the formulas of `text`, in their order."""
    return [token.content for token in _tokens(text) if token.type.startswith("math_")]


def broken_formulas(text: str) -> list[str]:
    """The formulas of `text` that students would see as code instead of mathematics."""
    return [formula for formula in formulas_in(text) if not _renders(formula)]


def _renders(formula: str) -> bool:
    # The converter guesses where a brace without its partner would end.
    braces = _ESCAPED.sub("", formula)
    if braces.count("{") != braces.count("}"):
        return False
    try:
        # An unknown command comes out as an ordinary identifier, without an error.
        return not _COMMAND.search("".join(_element(formula).itertext()))
    except Exception:
        return False

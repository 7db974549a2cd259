"""Texts of other systems to our Markdown and back: plain ones here, HTML by way of exams.interchange.markup."""

import re
from collections.abc import Callable
from functools import cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from exams.interchange import markdown_text
from exams.interchange.markup import ToMarkdown

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]\w*);")
_ASSET = re.compile(r'src="asset:([^"]+)"')


def looks_like_html(text: str) -> bool:
    return bool(_TAG.search(text))


def from_plain(text: str) -> str:
    """Markdown that shows the words of `text` line by line; TeX between its usual marks becomes a formula."""
    paragraphs = re.split(r"\n[ \t]*\n", text.strip("\n"))
    shown = []
    for paragraph in paragraphs:
        lines = map(markdown_text.words, paragraph.split("\n"))
        shown.append(markdown_text.paragraph(markdown_text.BREAK.join(lines))[0])
    return "\n\n".join(filter(None, shown))


def from_html(text: str, *, picture: Callable[[str], str | None], where: str = "") -> tuple[str, tuple[str, ...]]:
    """The Markdown of a piece of HTML and what was lost of it, in words; raises Unreadable when it nests too deep."""
    turning = ToMarkdown(picture=picture)
    markdown = turning.convert_html(text, where=where)
    return markdown, turning.losses


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    return parser.use(dollarmath_plugin, double_inline=True, allow_digits=False, renderer=_tex)


def _tex(content: str, options: dict) -> str:
    formula = escape(content.strip())
    return f"\\[{formula}\\]" if options.get("display_mode") else f"\\({formula}\\)"


def has_formulas(markdown: str) -> bool:
    return "$" in markdown and any(
        token.type.startswith("math")
        for block in _parser().parse(markdown)
        for token in (block, *(block.children or ()))
    )


def to_html(markdown: str, address: Callable[[str], str]) -> str:
    """HTML whose formulas are TeX between `\\(` and `\\)`, for systems that turn that into mathematics themselves.

    `address` gives the address of a picture by its asset's name.
    """
    html = _parser().render(markdown)
    html = re.sub(r'<(span|div) class="math (?:inline|block)">\s*(.*?)\s*</\1>', r"\2", html, flags=re.DOTALL)
    return _ASSET.sub(lambda match: f'src="{escape(address(match[1]))}"', html).strip()


def to_plain(markdown: str) -> tuple[str, bool]:
    """`markdown` without its marks, and whether nothing but words and mathematics was in it."""
    pieces: list[str] = []
    exact = True
    for block in _parser().parse(markdown):
        if block.type == "inline":
            for token in block.children or ():
                piece, plain = _plain(token)
                pieces.append(piece)
                exact = exact and plain
        elif block.type == "paragraph_close":
            pieces.append("\n\n")
        elif block.type != "paragraph_open":
            exact = False
            pieces.append(block.content)
            if block.type.endswith(("_close", "_block", "fence", "hr")):
                pieces.append("\n")
    text = "".join(pieces)
    return re.sub(r"\n{3,}", "\n\n", text).strip(), exact


def _plain(token: Token) -> tuple[str, bool]:
    match token.type:
        case "text" | "text_special":
            return token.content, True
        case "softbreak" | "hardbreak":
            return "\n", True
        case "math_inline":
            return f"\\({token.content}\\)", True
        case "math_inline_double" | "math_block":
            return f"$${token.content}$$", True
        case "image":
            return f"[{token.content}]", False
        case _:
            return token.content, False

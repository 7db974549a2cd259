"""What an author may write into an item, and what must not come out of it as HTML."""

from html.parser import HTMLParser

import pytest

from exams.rendering import broken_formulas, markdown_to_html

MATHML = {"math", "mrow", "mi", "mo", "mn", "mtext", "mstyle", "mspace", "mfrac", "msup", "mphantom"}


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _value in attrs}


@pytest.mark.parametrize(
    "formula",
    [
        r"\text{<img src=x onerror=alert(1)>}",
        r"\text{&lt;img src=x onerror=alert(1)&gt;}",
        r"\mbox{<div hx-post=/profile/password hx-trigger=load>}",
        r"\tag{<script>alert(1)</script>}",
        r"\bigl<img src=x onerror=alert(1)>",
        r"\textcolor{red\" onmouseover=\"alert(1)}{x}",
        r"\href{javascript:alert(1)}{x}",
        r"\class{modal}{x}",
        r"\style{position:fixed}{x}",
    ],
)
def test_a_formula_brings_no_element_or_link_of_html(formula: str) -> None:
    for text in (f"${formula}$", f"$$\n{formula}\n$$"):
        shown = Elements(markdown_to_html(text))
        assert shown.names <= MATHML | {"p", "span", "div"}
        assert not {name for name in shown.attributes if name.startswith(("on", "hx-"))}
        assert not shown.attributes & {"href", "src", "style"}


def test_words_in_a_formula_are_shown_as_they_were_written() -> None:
    assert "<mtext>a &lt; b</mtext>" in markdown_to_html(r"$\text{a < b}$").replace("\xa0", " ")
    assert "<mfrac>" in markdown_to_html(r"$\frac{1}{2}$")
    assert broken_formulas(r"$\frac{1}{2}$ $\unknown{x}$") == [r"\unknown{x}"]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](data:image/svg+xml,x)"]
)
def test_markdown_brings_no_raw_html_and_no_address_that_runs(text: str) -> None:
    assert Elements(markdown_to_html(text)).names == {"p"}

"""HTML of other systems says in our Markdown what it said there, and nothing runs."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from latex2mathml.converter import convert
from lxml import etree

from exams.interchange.markup import ToMarkdown, to_xhtml
from exams.interchange.mathml import latex_of
from exams.interchange.package import Unreadable
from exams.interchange.safexml import DEEPEST, parse, parse_html
from exams.rendering import markdown_to_html


def converted(html: str) -> tuple[str, tuple[str, ...]]:
    converter = ToMarkdown(picture=lambda address: "a.png" if address.endswith("a.png") else None)
    return converter.convert_html(html, where="x"), converter.losses


def shown(markdown: str) -> str:
    """The words that a student sees, with single spaces."""
    return " ".join("".join(etree.fromstring(f"<div>{markdown_to_html(markdown)}</div>").itertext()).split())


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab12 *_`#>-+=|[]()!<&\\~:.\n가"), min_size=1, max_size=30))
def test_words_are_shown_as_they_were_whatever_markdown_thinks_of_them(text: str) -> None:
    element = etree.Element("div")
    for line in text.split("\n"):
        etree.SubElement(element, "p").text = line
    markdown = ToMarkdown(picture=lambda address: None).convert(element)
    assert shown(markdown) == " ".join(text.split())


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["b", "i", "span"]), st.text("a가.\"' ()", min_size=1, max_size=5)), max_size=5)
)
def test_emphasis_never_leaves_its_stars_in_the_text(runs: list[tuple[str, str]]) -> None:
    html = "".join(f"<{name}>{text}</{name}>" for name, text in runs)
    markdown, _losses = converted(f"<p>{html}</p>")
    assert shown(markdown).replace(" ", "") == "".join(text for _name, text in runs).replace(" ", "")


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("H<sub>2</sub>O, x<sup>2</sup>, 5<sup>th</sup>", "H₂O, x², 5ᵗʰ"),
        ("그는 <b>“철수”</b>라고", "그는 **“철수**”라고"),
        ("<ul><li>a<ol><li>b</li></ol></li></ul><ul><li>c</li></ul>", "- a\n  1. b\n\n* c"),
        ("<p>a<br/>- b</p><h2>C#</h2>", "a\\\n\\- b\n\n## C\\#"),
        ("<table><tr><th>a|b</th><th>c</th></tr><tr><td>1</td><td>2</td></tr></table>",
         "| a\\|b | c |\n| --- | --- |\n| 1 | 2 |"),
        ('<img src="x/a.png" alt="a]b">', "![a\\]b](asset:a.png)"),
        ("<pre>x\n  y</pre>", "```\nx\n  y\n```"),
        ("<code>a`b</code> <blockquote>q</blockquote>", "``a`b``\n\n> q"),
        (r"\(x^2\), \[y\] and $$z$$; $5 or $6", "$x^2$, $$y$$ and $$z$$; \\$5 or \\$6"),
        ("2<math><mfrac><mn>1</mn><mi>n</mi></mfrac></math>", "$2\\frac{1}{n}$"),
        ('<img class="equation_image" data-equation-content="\\frac{1}{2}">', "$\\frac{1}{2}$"),
    ],
)  # fmt: skip
def test_what_html_says(html: str, markdown: str) -> None:
    assert converted(html) == (markdown, ())


@pytest.mark.parametrize(
    ("html", "markdown", "loss"),
    [
        ("<u>a</u>", "*a*", "Underlined"),
        ('<span style="color:red">a</span>', "a", "Colours"),
        ("a<video src='x.mp4'></video>", "a", "video"),
        ("a<script>alert(1)</script>", "a", "script"),
        ('<a href="javascript:alert(1)">a</a>', "a", "javascript"),
        ("<table><tr><td colspan='2'>a</td></tr><tr><td>b</td><td>c</td></tr></table>",
         "|  |  |\n| --- | --- |\n| a |  |\n| b | c |", "span"),
        ("<math><menclose notation='updiagonalstrike'><mi>x</mi></menclose></math>", "x", "formula"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_is_said(html: str, markdown: str, loss: str) -> None:
    found, losses = converted(html)
    assert found == markdown
    assert len(losses) == 1
    assert loss in losses[0]


@pytest.mark.parametrize(
    "formula",
    [r"\frac{1}{2}", r"\sqrt[3]{x^2+1}", r"\sum_{i=1}^{n} x_i", r"\vec{a} \cdot \overline{AB}",
     r"\lim_{x \to 0} \sin x", r"\begin{matrix} 1 & 2 \\ 3 & 4 \end{matrix}", r"\int_0^1 x dx",
     r"a_{1}^{2} \leq \alpha", r"\{1, 2\}", r"5\%"],
)  # fmt: skip
def test_mathml_without_its_latex_becomes_latex_of_the_same_look(formula: str) -> None:
    found = latex_of(etree.fromstring(convert(formula)))
    assert found is not None

    def look(latex: str) -> str:
        return re.sub(r"</?mrow>|<mspace[^>]*>| stretchy=\"\w+\"", "", convert(latex))

    assert look(found) == look(formula)


def test_an_export_carries_the_latex_of_its_mathml() -> None:
    root = to_xhtml("$x^2$ ![p](asset:a.png)", pictures=lambda name: f"../media/{name}", namespace="urn:q")
    text = etree.tostring(root, encoding="unicode")
    assert '<annotation encoding="application/x-tex">x^2</annotation>' in text
    assert 'src="../media/a.png"' in text
    assert converted(text.replace("ns0:", ""))[0] == "$x^2$ ![p](asset:a.png)"


def test_named_characters_of_html_are_understood_but_not_where_they_are_literal() -> None:
    root = parse(b"<a>&nbsp;&eacute;&lt;<![CDATA[&nbsp;]]></a>", where="x").root
    assert root.text == "\xa0é<&nbsp;"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp949", "euc-kr"])
def test_any_encoding_that_is_declared_is_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?><a>서울</a>'
    assert parse(text.encode(encoding), where="x").root.text == "서울"


@pytest.mark.parametrize(
    ("content", "language", "text", "guess"),
    [
        ('<?xml version="1.0" encoding="UTF-8"?><a>é</a>'.encode("cp1252"), "en", "é", "cp1252"),
        ("<a>서울</a>".encode("cp949"), "ko", "서울", "cp949"),
        ('<?xml version="1.0" encoding="UTF-16"?><a>é</a>'.encode(), "en", "é", ""),
        ('<?xml version="1.0" encoding="klingon"?><a>é</a>'.encode(), "en", "é", ""),
    ],
)
def test_a_file_that_lies_about_its_encoding_is_read(content: bytes, language: str, text: str, guess: str) -> None:
    found = parse(content, where="x", language=language)
    assert (found.root.text, found.guessed_encoding) == (text, guess)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'<!DOCTYPE a [<!ENTITY l "ha"><!ENTITY m "&l;&l;">]><a>&m;</a>', "entities"),
        (b'<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd">%x;]><a/>', "entities"),
        (b"<a>&undefined;</a>", "undefined"),
        (b"<a><b></a>", "well-formed"),
        (b"<a>" * (DEEPEST + 5) + b"</a>" * (DEEPEST + 5), "deep"),
        (b"<a>\x01</a>", "well-formed"),
        (b"", "well-formed"),
        (b"\x00\x00\x00", "well-formed"),
    ],
)
def test_broken_and_hostile_xml_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        parse(content, where="x")


def test_a_document_type_without_entities_is_passed_over() -> None:
    content = b'<!DOCTYPE a SYSTEM "a.dtd" [<!-- it\'s ] > -->\n<!ELEMENT a (b)>]><a>x</a>'
    assert parse(content, where="x").root.text == "x"


def test_html_that_nests_without_end_is_refused() -> None:
    with pytest.raises(Unreadable, match="deep"):
        parse_html("<div>" * 5000, where="x")

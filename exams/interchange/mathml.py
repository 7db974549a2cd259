"""Presentation MathML as LaTeX, within what exams.rendering can show."""

import re
from collections.abc import Callable

from lxml import etree

from exams.rendering import broken_formulas

_TEX_ANNOTATIONS = ("application/x-tex", "latex", "tex", "application/x-latex", "text/x-tex")
_SIGNS = {
    "×": r"\times", "÷": r"\div", "±": r"\pm", "∓": r"\mp", "⋅": r"\cdot", "·": r"\cdot", "−": "-", "∗": "*",
    "≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "≡": r"\equiv", "∼": r"\sim", "≅": r"\cong",
    "∞": r"\infty", "∂": r"\partial", "∇": r"\nabla", "∑": r"\sum", "∏": r"\prod", "∫": r"\int", "∮": r"\oint",
    "∈": r"\in", "∉": r"\notin", "⊂": r"\subset", "⊆": r"\subseteq", "⊃": r"\supset", "⊇": r"\supseteq",
    "∪": r"\cup", "∩": r"\cap", "∅": r"\emptyset", "∀": r"\forall", "∃": r"\exists", "¬": r"\neg", "∧": r"\wedge",
    "∨": r"\vee", "→": r"\rightarrow", "←": r"\leftarrow", "↔": r"\leftrightarrow", "⇒": r"\Rightarrow",
    "⇔": r"\Leftrightarrow", "⇌": r"\rightleftharpoons", "↦": r"\mapsto", "∠": r"\angle", "⊥": r"\perp",
    "∥": r"\parallel", "△": r"\triangle", "∘": r"\circ", "°": r"^{\circ}", "′": "'", "…": r"\ldots", "⋯": r"\cdots",
    "∴": r"\therefore", "∵": r"\because", "∝": r"\propto", "⟨": r"\langle", "⟩": r"\rangle", "√": r"\surd",
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\varepsilon", "ϵ": r"\epsilon",
    "ζ": r"\zeta", "η": r"\eta", "θ": r"\theta", "ϑ": r"\vartheta", "ι": r"\iota", "κ": r"\kappa",
    "λ": r"\lambda", "μ": r"\mu", "ν": r"\nu", "ξ": r"\xi", "π": r"\pi", "ρ": r"\rho", "σ": r"\sigma",
    "τ": r"\tau", "υ": r"\upsilon", "φ": r"\varphi", "ϕ": r"\phi", "χ": r"\chi", "ψ": r"\psi", "ω": r"\omega",
    "Γ": r"\Gamma", "Δ": r"\Delta", "Θ": r"\Theta", "Λ": r"\Lambda", "Ξ": r"\Xi", "Π": r"\Pi", "Σ": r"\Sigma",
    "Φ": r"\Phi", "Ψ": r"\Psi", "Ω": r"\Omega", "ℏ": r"\hbar", "ℓ": r"\ell",
    "{": r"\{", "}": r"\}", "%": r"\%", "#": r"\#", "&": r"\&", "$": r"\$", "_": r"\_", "\\": r"\setminus",
    "~": r"\sim", "^": r"\hat{}",
}  # fmt: skip
# Function application, invisible times, separator and plus, zero-width spaces: for machines, not for the eye.
_UNSEEN = re.compile("[\u2061-\u2064\u200b-\u200d\ufeff]")
_FUNCTIONS = frozenset(
    {
        "arccos", "arcsin", "arctan", "cos", "cosh", "cot", "coth", "csc", "deg", "det", "dim", "exp", "gcd", "hom",
        "inf", "ker", "lg", "lim", "ln", "log", "max", "min", "sec", "sin", "sinh", "sup", "tan", "tanh",
    }
)  # fmt: skip
_ACCENTS = {
    "¯": "overline", "‾": "overline", "_": "underline", "→": "vec", "⃗": "vec", "^": "hat", "ˆ": "hat", "~": "tilde",
    "˜": "tilde", "˙": "dot", "¨": "ddot", "⏞": "overbrace", "⏟": "underbrace", "―": "overline", "-": "overline",
    "−": "overline", "̅": "overline", "¯¯": "overline",
}  # fmt: skip
_VARIANTS = {
    "bold": "mathbf", "double-struck": "mathbb", "script": "mathcal", "fraktur": "mathfrak", "sans-serif": "mathsf",
    "monospace": "mathtt", "normal": "mathrm",
}  # fmt: skip
_TEXT_SIGNS = re.compile(r"[{}$%#&_]")
_BIG = ("∑", "∏", "∫", "⋃", "⋂", "lim", "max", "min", "sup", "inf")


def latex_of(math: etree._Element) -> str | None:
    """The LaTeX of a `math` element, without dollar signs; None when it says something that LaTeX of ours cannot.

    An annotation with the LaTeX that the formula was made from is believed before the elements.
    """
    for formula in (_annotated(math), _row(math)):
        squeezed = " ".join((formula or "").split())
        if squeezed and is_shown(squeezed):
            return squeezed
    return None


def is_shown(formula: str) -> bool:
    """Whether `$formula$` becomes mathematics in our pages."""
    return "\n\n" not in formula and not _ends_early(formula) and not broken_formulas(f"${formula}$")


def _ends_early(formula: str) -> bool:
    return bool(re.search(r"(?<!\\)(\\\\)*\$", formula)) or bool(re.search(r"(?<!\\)(\\\\)*\\$", formula))


def _annotated(math: etree._Element) -> str | None:
    for element in math.iter():
        if _name(element) == "annotation" and element.get("encoding", "").casefold() in _TEX_ANNOTATIONS:
            return (element.text or "").strip().strip("$").strip()
    return None


def _name(element: etree._Element) -> str:
    # Broken HTML has elements whose names lxml would not take for such.
    return element.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(element.tag, str) else ""


def _text(element: etree._Element) -> str:
    return _UNSEEN.sub("", " ".join("".join(element.itertext()).split()))


def _row(element: etree._Element) -> str:
    own = (element.text or "").strip() if not len(element) else ""
    parts = [own] if own else [latex for latex in map(_latex, element) if latex]
    return " ".join(parts)


def _latex(element: etree._Element) -> str:
    handler = _HANDLERS.get(_name(element))
    return _row(element) if handler is None else handler(element)


def _braced(latex: str) -> str:
    return "{" + latex + "}"


def _group(element: etree._Element) -> str:
    return _braced(_latex(element))


def _signs(text: str) -> str:
    return " ".join(_SIGNS.get(sign, sign) for sign in text if not sign.isspace())


def _words(text: str) -> str:
    # Inside of \text these three mean something, whatever is done to them.
    plain = text.translate({ord("\\"): "/", ord("~"): "-", ord("^"): None})
    return r"\text" + _braced(_TEXT_SIGNS.sub(r"\\\g<0>", plain))


def _identifier(element: etree._Element) -> str:
    text = _text(element)
    if text in _FUNCTIONS:
        return f"\\{text}"
    variant = _VARIANTS.get(element.get("mathvariant", ""))
    if len(text) > 1 and text.isalpha() and text.isascii():
        return f"\\{variant or 'mathrm'}{{{text}}}"
    if variant and variant != "mathrm" and text.isalnum() and text.isascii():
        return f"\\{variant}{{{text}}}"
    if len(text) > 1 and not any(sign in _SIGNS for sign in text):
        return _words(text)
    return _signs(text)


def _number(element: etree._Element) -> str:
    return "".join(_SIGNS.get(sign, sign) for sign in _text(element) if not sign.isspace())


def _operator(element: etree._Element) -> str:
    text = _text(element)
    if text in _FUNCTIONS:
        return f"\\{text}"
    return _words(text) if len(text) > 1 and text.isalpha() else _signs(text)


def _quoted(element: etree._Element) -> str:
    raw = _UNSEEN.sub("", re.sub(r"\s+", " ", "".join(element.itertext())))
    return _words(raw) if raw.strip() else r"\ " if raw else ""


def _fraction(element: etree._Element) -> str:
    if len(element) != 2:
        return _row(element)
    if element.get("linethickness") in {"0", "0pt", "0px"}:
        return r"\binom" + "".join(map(_group, element))
    return r"\frac" + "".join(map(_group, element))


def _root(element: etree._Element) -> str:
    if len(element) != 2:
        return r"\sqrt" + _braced(_row(element))
    return rf"\sqrt[{_latex(element[1])}]" + _group(element[0])


def _scripted(*signs: str) -> Callable[[etree._Element], str]:
    def handler(element: etree._Element) -> str:
        if len(element) != len(signs) + 1:
            return _row(element)
        base = _latex(element[0])
        if base not in {_SIGNS.get(sign, f"\\{sign}") for sign in _BIG} and not re.fullmatch(
            r"[\w']|\\[a-zA-Z]+", base
        ):
            base = f"{{{base}}}"
        return base + "".join(f"{sign}{_group(part)}" for sign, part in zip(signs, element[1:], strict=True))

    return handler


def _accented(sign: str) -> Callable[[etree._Element], str]:
    scripts = _scripted(sign)

    def handler(element: etree._Element) -> str:
        if len(element) != 2:
            return _row(element)
        over = _text(element[1])
        accent = _ACCENTS.get(over)
        if accent and sign == "_":
            accent = {"overline": "underline", "underbrace": "underbrace"}.get(accent)
        if accent and _name(element[1]) in {"mo", "mtext", "mi"}:
            return f"\\{accent}{{{_latex(element[0])}}}"
        base = _text(element[0])
        if base in _BIG:
            return scripts(element)
        word = "overset" if sign == "^" else "underset"
        return f"\\{word}{_group(element[1])}{_group(element[0])}"

    return handler


def _fenced(element: etree._Element) -> str:
    opening, closing = element.get("open", "("), element.get("close", ")")
    separators = [sign for sign in element.get("separators", ",") if not sign.isspace()]
    inner = ""
    for number, part in enumerate(element):
        if number and separators:
            inner += _signs(separators[min(number - 1, len(separators) - 1)])
        inner += " " + _latex(part)
    return rf"\left{_signs(opening) or '.'} {inner.strip()} \right{_signs(closing) or '.'}"


def _table(element: etree._Element) -> str:
    rows = [[_latex(cell) for cell in row] for row in element if _name(row) in {"mtr", "mlabeledtr"}]
    cells = r" \\ ".join(" & ".join(row) for row in rows)
    return r"\begin{matrix} " + cells + r" \end{matrix}"


def _enclosed(element: etree._Element) -> str:
    # Any notation that only draws around or through is left to the loss report by failing to be shown.
    notation = element.get("notation", "longdiv")
    return (r"\sqrt" if notation == "radical" else r"\unsupported") + _braced(_row(element))


def _semantics(element: etree._Element) -> str:
    return _latex(element[0]) if len(element) else ""


def _unsupported(element: etree._Element) -> str:
    return r"\unsupported{}"


_HANDLERS: dict[str, Callable[[etree._Element], str]] = {
    "mi": _identifier,
    "mn": _number,
    "mo": _operator,
    "mtext": _quoted,
    "ms": _quoted,
    "mspace": lambda element: r"\ ",
    "mfrac": _fraction,
    "msqrt": lambda element: r"\sqrt" + _braced(_row(element)),
    "mroot": _root,
    "msub": _scripted("_"),
    "msup": _scripted("^"),
    "msubsup": _scripted("_", "^"),
    "munderover": _scripted("_", "^"),
    "munder": _accented("_"),
    "mover": _accented("^"),
    "mfenced": _fenced,
    "mtable": _table,
    "menclose": _enclosed,
    "mphantom": lambda element: r"\phantom" + _braced(_row(element)),
    "semantics": _semantics,
    "annotation": lambda element: "",
    "annotation-xml": lambda element: "",
    "mmultiscripts": _unsupported,
    "apply": _unsupported,
    "mglyph": _unsupported,
}

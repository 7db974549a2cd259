"""Any sound draft of every kind, for laws such as: what is exported comes back the same."""

from hypothesis import strategies as st

from exams.drafts import CriterionText, DraftKey, DraftPassage, DraftText, ItemDraft
from exams.interchange import assumed

LANGUAGES = ("ko", "en")
WORDS = st.sampled_from(
    ["서울", "물의 화학식", "x + y = 2", "100 %", "- 빼기", "=SUM(A1)", "@home", "a; b", "'quoted'", "C:\\new",
     "[1] one", "{brace}", "~tilde~", "한 줄\n두 줄", "a | b", "$x^2$", "#hash", "a:b", "1: 2",
     "\"q\"", "😀", "3.5", "-7", "ﬁ _x0041_"]
)  # fmt: skip
TEXTS = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
FORMS = WORDS.map(lambda text: text.replace("\n", " "))
POINTS = st.sampled_from([1.0, 0.5, 2.0])
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 4))


def unlike(texts: st.SearchStrategy[str], *, least: int, most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(texts, min_size=least, max_size=most, unique_by=lambda text: " ".join(text.split())).map(tuple)


@st.composite
def drafts(
    draw, kinds=("single", "multiple", "ordering", "matching", "numeric", "text", "cloze", "essay")
) -> ItemDraft:
    kind = draw(st.sampled_from(kinds))
    languages = draw(st.sampled_from([("ko",), ("en",), ("ko", "en")]))
    count, targets = draw(st.integers(2, 5)), draw(st.integers(2, 4))
    gaps = draw(st.sampled_from([{1: "choice"}, {1: "text", 2: "numeric"}, {1: "choice", 2: "text"}]))
    rubric = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)) if kind == "essay" else []
    texts = {}
    for language in languages:
        said = {"stem": draw(TEXTS), "explanation": draw(st.sampled_from(["", "왜냐하면", "because"]))}
        if kind in ("single", "multiple", "ordering", "matching"):
            said["options"] = draw(unlike(TEXTS, least=count, most=count))
        if kind == "matching":
            said["targets"] = draw(unlike(TEXTS, least=targets, most=targets))
        if kind == "cloze":
            said["stem"] += "".join(f" [[{number}]]" for number in gaps)
            said["gap_options"] = {n: draw(unlike(TEXTS, least=2, most=3)) for n, k in gaps.items() if k == "choice"}
        if kind == "essay":
            said["criteria"] = tuple(
                CriterionText(draw(FORMS), draw(st.sampled_from([(), tuple(f"{n} | {n}" for n in range(most + 1))])))
                for most in rubric
            )
        texts[language] = DraftText(**said)
    return ItemDraft(
        texts=texts,
        key=draw(st.integers(1, count)) if kind == "single" else None,
        kind=kind,
        keys=draw(keys(kind, count, targets, gaps, languages)),
        gaps=gaps if kind == "cloze" else {},
        rubric=tuple(rubric),
        passage=draw(st.sampled_from([None, DraftPassage("p-1", dict.fromkeys(languages, "지문"), {})])),
        **measured(draw, kind, count, rubric),
    )


def measured(draw, kind: str, count: int, rubric: list[int]) -> dict:
    if kind == "single":
        found = assumed.single_choice(count)
    else:
        found = assumed.essay(sum(rubric)) if kind == "essay" else assumed.open_answer(draw(st.integers(1, 3)))
    if draw(st.booleans()):
        found |= {"a": draw(st.sampled_from([0.7, 1.25])), "source": "calibrated"}
    return found


@st.composite
def keys(draw, kind: str, count: int, targets: int, gaps: dict, languages: tuple[str, ...]) -> tuple[DraftKey, ...]:
    match kind:
        case "multiple":
            right = draw(st.lists(st.integers(1, count), min_size=1, max_size=count, unique=True))
            return tuple(DraftKey(option=n, points=draw(POINTS)) for n in right)
        case "ordering":
            return tuple(
                DraftKey(option=n, target=p) for p, n in enumerate(draw(st.permutations(range(1, count + 1))), 1)
            )
        case "matching":
            return tuple(
                DraftKey(option=n, target=draw(st.integers(1, targets)), points=draw(POINTS))
                for n in range(1, count + 1)
            )
        case "numeric":
            return (draw(number_keys()),)
        case "text":
            # The first is for every language, each of which needs one.
            return (draw(text_keys(())), *draw(st.lists(text_keys(languages), max_size=2)))
        case "cloze":
            return tuple(draw(gap_key(number, said, languages)) for number, said in gaps.items())
        case _:
            return ()


def number_keys(gap: int = 0) -> st.SearchStrategy[DraftKey]:
    return st.builds(
        DraftKey,
        gap=st.just(gap),
        number=NUMBERS,
        tolerance=st.sampled_from([0.0, 0.25]),
        is_relative=st.booleans(),
        points=POINTS,
    )


def text_keys(languages: tuple[str, ...], gap: int = 0) -> st.SearchStrategy[DraftKey]:
    return st.builds(DraftKey, gap=st.just(gap), text=FORMS, language=st.sampled_from(["", *languages]), points=POINTS)


def gap_key(number: int, kind: str, languages: tuple[str, ...]) -> st.SearchStrategy[DraftKey]:
    if kind == "choice":
        return st.builds(DraftKey, gap=st.just(number), option=st.integers(1, 2), points=POINTS)
    return number_keys(number) if kind == "numeric" else text_keys((), number)

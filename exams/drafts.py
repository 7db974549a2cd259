"""What an author hands in: the contents of an item version. Exams: exams.exam_drafts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from exams.models import ItemVersion
from exams.rendering import pictures_in
from exams.scoring import Key

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
# A run of characters between spaces that says something: not a dash or a line of a table.
_WORD = re.compile(r"\S*\w\S*")

# One row of ItemKey; exams.scoring says how each kind of item reads its rows.
DraftKey = Key


@dataclass(frozen=True)
class CriterionText:
    """A rubric's criterion in one language: its name, and what 0, 1, 2 … points stand for."""

    name: str
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class DraftText:
    """An item in one language: Markdown, with formulas between dollar signs and pictures as `asset:NAME`.

    `options` are those of the item itself (to choose, to order, the first column to match); `targets` the second
    column of a matching item; `gap_options` the options of each gap of kind "choice" by the gap's number, whose place
    the stem shows as `[[number]]`; `criteria` the texts of `ItemDraft.rubric`, in its order.
    """

    stem: str
    options: tuple[str, ...] = ()
    explanation: str = ""
    targets: tuple[str, ...] = ()
    gap_options: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    criteria: tuple[CriterionText, ...] = ()


@dataclass(frozen=True)
class DraftPassage:
    """A passage that items share: Markdown by language. The same code with other texts makes its next version."""

    code: str
    texts: Mapping[str, str]
    titles: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A blank title is none, so that a passage that was stored and read again is equal to itself.
        object.__setattr__(self, "titles", {language: said for language, said in self.titles.items() if said.strip()})


@dataclass(frozen=True)
class ItemDraft:
    """The contents of one item version; D = 1.

    Single choice has `key` (from 1), every other kind but the essay has `keys`; an essay has `rubric`, the most points
    of each criterion, and its `max_score` is their sum. `gaps` maps a cloze's gap numbers to "choice", "text" or
    "numeric". A `max_score` above 1 takes `scoring` "partial" (but for essays), and the model "grm" or "gpcm" with one
    of its `thresholds` for each score above 0; `b` is their mean (see `spread_thresholds` where none are known).
    `assets` are new pictures by name; those of the version before stay as long as the text still shows them.
    """

    texts: Mapping[str, DraftText]
    key: int | None
    a: float
    b: float
    c: float
    source: str = ItemVersion.Source.ASSUMED
    assets: Mapping[str, bytes] = field(default_factory=dict)
    kind: str = ItemVersion.Kind.SINGLE
    keys: tuple[DraftKey, ...] = ()
    gaps: Mapping[int, str] = field(default_factory=dict)
    rubric: tuple[int, ...] = ()
    scoring: str = ItemVersion.Scoring.EXACT
    max_score: int = 1
    case_sensitive: bool = False
    model: str = ItemVersion.Model.LOGISTIC
    d: float = 1.0
    thresholds: tuple[float, ...] = ()
    passage: DraftPassage | None = None


@dataclass(frozen=True)
class AreaDraft:
    """A content area; `translations` maps languages to its name there."""

    code: str
    name: str
    translations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NewItem:
    """An item that does not exist yet."""

    code: str
    area_id: int
    draft: ItemDraft
    status: str
    organization_id: UUID | None = None
    tags: tuple[str, ...] = ()


def shown_texts(text: DraftText) -> Iterator[str]:
    """All that is Markdown in one language of an item; the passage is apart, since items share it."""
    yield from (text.stem, text.explanation, *text.options, *text.targets)
    for options in text.gap_options.values():
        yield from options


def shown_pictures(draft: ItemDraft) -> set[str]:
    """The names of the pictures that any text of the draft, or its passage, shows."""
    texts = [part for text in draft.texts.values() for part in shown_texts(text)]
    texts += draft.passage.texts.values() if draft.passage else ()
    return {name for text in texts if "asset:" in text for name in pictures_in(text)}


def words_of(draft: ItemDraft) -> int:
    """Words of stem and options in the longest language, for constraints on reading; a formula counts as written."""
    texts = (
        (text.stem, *text.options, *text.targets, *sum(text.gap_options.values(), ())) for text in draft.texts.values()
    )
    return max((sum(len(_WORD.findall(part)) for part in parts) for parts in texts), default=0)


def spread_thresholds(difficulty: float, max_score: int) -> tuple[float, ...]:
    """Thresholds to begin with where none are known: `max_score` of them around `difficulty`, half a logit apart.

    More than 13 stand closer, so that all stay within three logits of the difficulty.
    """
    step = min(0.5, 6.0 / max(max_score - 1, 1))
    return tuple(round(difficulty + step * (n - (max_score - 1) / 2), 6) for n in range(max_score))

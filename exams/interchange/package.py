"""What a file of another system says, in our terms, and what of it could not be carried."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from exams.drafts import ItemDraft


class Unreadable(Exception):
    """The whole file is refused: broken, hostile, or not of this format. The message is for the person who sent it."""


@dataclass(frozen=True)
class Loss:
    """Something that an item of the file says and ours cannot, in words; `where` points into the file."""

    words: str
    where: str = ""


@dataclass(frozen=True)
class ReadItem:
    """One item of the file. Without a draft it cannot be imported at all, and `losses` say why."""

    identifier: str
    draft: ItemDraft | None
    title: str = ""
    area: str = ""
    tags: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True)
class ReadTest:
    """A test of the file: a fixed form of items, named by their identifiers in their order."""

    identifier: str
    title: str
    items: tuple[str, ...]
    time_limit_minutes: int | None = None
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True)
class Package:
    """All that a file holds, in its own order. `format` names the reader that understood it."""

    format: str
    items: tuple[ReadItem, ...]
    tests: tuple[ReadTest, ...] = ()
    losses: tuple[Loss, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """A file that a writer made of a package, and what of it the format could not hold.

    `losses` pairs an item's or a test's identifier with what it lost; an item that could not be written at all is in
    `left_out`, and its losses say why.
    """

    content: bytes
    suffix: str
    media_type: str
    losses: tuple[tuple[str, Loss], ...] = ()
    left_out: tuple[str, ...] = ()

"""Exports of ours that come back: whole drafts where nobody has changed the files since, and languages to be joined."""

from collections.abc import Callable
from dataclasses import replace

from lxml import etree

from exams.drafts import DraftKey, DraftPassage, ItemDraft
from exams.interchange.package import ReadItem, Unreadable
from exams.interchange.qti import codec
from exams.interchange.qti.layout import files_of, signature
from exams.interchange.qti.metadata import Description
from exams.interchange.qti.vocabulary import Vocabulary
from exams.item_problems import item_problems

ReadPicture = Callable[[str], bytes]
ReadTree = Callable[[str], etree._Element]


def unchanged(
    said: Description, words: Vocabulary, *, read_picture: ReadPicture, read_tree: ReadTree
) -> tuple[ReadItem, set[str]] | None:
    """The item of our own copy, and the paths of its files, if an export of it would write the very files there are.

    None when anything is missing or differs: then the files say what the item is, whatever the copy says. The readers
    take paths as the export wrote them and raise Unreadable.
    """
    try:
        pictures = {name: read_picture(href) for name, href in said.pictures.items()}
        draft = codec.decode(said.draft, pictures)
        if item_problems(draft):
            return None
        files = files_of(said.identifier, said.title, draft, words)
        for file in (*files.items, *files.stimuli):
            if signature(read_tree(file.path)) != signature(file.root):
                return None
    except (ValueError, Unreadable):
        return None
    item = ReadItem(said.identifier, draft, said.title, said.area, said.tags)
    return item, {file.path for file in files.items}


def joined(main: ItemDraft, other: ItemDraft) -> ItemDraft | None:
    """`main` with the texts of `other`, the same item in another language; None when they are not the same."""
    (language, text), *more = other.texts.items()
    first = next(iter(main.texts.values()))
    same = (
        not more
        and language not in main.texts
        and (main.kind, main.key, main.gaps, main.rubric, main.max_score, main.scoring)
        == (other.kind, other.key, other.gaps, other.rubric, other.max_score, other.scoring)
        and (len(first.options), len(first.targets)) == (len(text.options), len(text.targets))
        and {gap: len(options) for gap, options in first.gap_options.items()}
        == {gap: len(options) for gap, options in text.gap_options.items()}
        and (main.passage is None) == (other.passage is None)
    )
    if not same:
        return None
    passage = main.passage
    if passage is not None and other.passage is not None:
        texts, titles = {**passage.texts, **other.passage.texts}, {**passage.titles, **other.passage.titles}
        passage = DraftPassage(passage.code, texts, titles)
    earlier = {name: content for name, content in other.assets.items() if main.assets.get(name, content) == content}
    if len(earlier) < len(other.assets):
        return None
    result = replace(
        main,
        texts={**main.texts, language: text},
        assets={**main.assets, **earlier},
        passage=passage,
        keys=_joined_keys(main, other, language),
    )
    return None if item_problems(result) else result


def _joined_keys(main: ItemDraft, other: ItemDraft, language: str) -> tuple[DraftKey, ...]:
    """The keys of both: words that only one language accepts belong to it."""
    theirs = {replace(key, language="") for key in other.keys if key.text}
    known = {replace(key, language="") for key in main.keys if key.text}
    here = next(iter(main.texts))
    keys = [
        replace(key, language=here) if key.text and not key.language and key not in theirs else key for key in main.keys
    ]
    return (*keys, *(replace(key, language=language) for key in other.keys if key.text and key not in known))

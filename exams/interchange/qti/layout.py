"""How an export names its files, and what it writes into them: a function of the drafts alone."""

import hashlib
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from exams.drafts import DraftPassage, ItemDraft
from exams.interchange.qti.item_writer import Place, item_file, stimulus_file
from exams.interchange.qti.vocabulary import Vocabulary
from exams.rendering import pictures_in

ITEMS, STIMULI, MEDIA, TESTS = "items", "stimuli", "media", "tests"


@dataclass(frozen=True)
class File:
    """One XML file of a package."""

    path: str
    identifier: str
    language: str
    root: etree._Element


@dataclass(frozen=True)
class Files:
    """The files of one item: one a language, the first of them the one that tests point to, and its passage's."""

    items: tuple[File, ...]
    stimuli: tuple[File, ...]
    pictures: Mapping[str, str]


def name_for(identifier: str) -> str:
    """An identifier as an XML name that is also a file's name: ASCII, 60 characters at most."""
    cleaned = re.sub(r"[^A-Za-z0-9_.-]+", "_", identifier).strip("._-")[:60]
    if cleaned != identifier:
        cleaned = f"{cleaned}_{hashlib.sha256(identifier.encode(errors='replace')).hexdigest()[:8]}"
    return cleaned if re.match(r"[A-Za-z]", cleaned) else f"i_{cleaned}"


def picture_path(name: str, content: bytes) -> str:
    """Where a picture is: equal ones are stored once, and different ones may have the same name."""
    return posixpath.join(MEDIA, hashlib.sha256(content).hexdigest()[:16], name)


def files_of(identifier: str, title: str, draft: ItemDraft, words: Vocabulary) -> Files:
    """Everything that an export writes of one item but the bytes of its pictures, which are named by their paths."""
    base = name_for(identifier)
    pictures = {name: picture_path(name, content) for name, content in draft.assets.items()}
    seen_from_folder = {name: posixpath.join("..", path) for name, path in pictures.items()}
    stimuli = dict(_stimuli(draft.passage, draft.texts, seen_from_folder, words))
    items = []
    for number, language in enumerate(draft.texts):
        name = base if number == 0 else f"{base}.{language}"
        stimulus = stimuli.get(language)
        reference = (stimulus.identifier, posixpath.join("..", stimulus.path)) if stimulus else None
        place = Place(name, title, language, seen_from_folder, reference)
        path = posixpath.join(ITEMS, f"{name}.xml")
        items.append(File(path, name, language, item_file(draft, place, words)))
    return Files(tuple(items), tuple(stimuli.values()), pictures)


def _stimuli(
    passage: DraftPassage | None, languages: Mapping[str, object], pictures: Mapping[str, str], words: Vocabulary
) -> Iterator[tuple[str, File]]:
    for language in languages if passage else ():
        if passage is None or language not in passage.texts:
            continue
        text, title = passage.texts[language], passage.titles.get(language, "")
        shown = [pictures[name] for name in sorted(pictures_in(text))]
        digest = hashlib.sha256("\n".join([text, title, *shown]).encode(errors="replace")).hexdigest()
        name = f"passage_{name_for(passage.code)}.{language}.{digest[:8]}"
        root = stimulus_file(text, Place(name, title, language, pictures), words)
        yield language, File(posixpath.join(STIMULI, f"{name}.xml"), name, language, root)


Signature = tuple[object, ...]


def signature(element: etree._Element) -> Signature:
    """What an element says, whatever prefixes and white space it was written with: equal for equal contents."""
    tag = element.tag if isinstance(element.tag, str) else ""
    attributes = tuple(
        sorted((str(k), str(v)) for k, v in element.attrib.items() if not str(k).endswith("schemaLocation"))
    )
    children = tuple((signature(child), _squeezed(child.tail)) for child in element)
    return tag, attributes, _squeezed(element.text), children


def _squeezed(text: str | None) -> str:
    return " ".join((text or "").split())

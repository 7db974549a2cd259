"""A zip file of QTI: a package with its manifest, or XML files without one."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _
from lxml import etree

from exams.interchange.archive import Archive, is_nested
from exams.interchange.media import LARGEST_PICTURE, Media
from exams.interchange.package import Loss, Package, ReadItem, ReadTest, Unreadable
from exams.interchange.qti import assessment, canvas, qti1
from exams.interchange.qti.item import Source, read_item
from exams.interchange.qti.metadata import Description, description
from exams.interchange.qti.nodes import attribute, children, inside, name_of
from exams.interchange.qti.own import joined, unchanged
from exams.interchange.qti.vocabulary import VOCABULARIES
from exams.interchange.safexml import LARGEST_XML, Parsed, parse, parse_html

MANIFEST = "imsmanifest.xml"
MOST_ITEMS = 20_000
_KEPT_TREES = 16
_XML = (".xml", ".qti", ".dat")


def version_of(root: etree._Element) -> str:
    """The version by the namespace, or else by the spelling of the names."""
    namespace = str(root.tag).rpartition("}")[0]
    for mark, version in (("v3p0", "3.0"), ("v2p2", "2.2"), ("v2p1", "2.1"), ("v2p0", "2.0")):
        if mark in namespace:
            return version
    return "3.0" if str(root.tag).rpartition("}")[2].startswith("qti-") else "2"


def guessed(parsed: Parsed, where: str) -> tuple[Loss, ...]:
    """The loss of a file that lies about its encoding."""
    if not parsed.guessed_encoding:
        return ()
    said = {"encoding": parsed.guessed_encoding}
    return (Loss(_("The file is not in the encoding that it says; it was read as %(encoding)s.") % said, where),)


@dataclass
class Zipped:
    """The state of reading one zip file; `package` does it all."""

    archive: Archive
    language: str
    losses: list[Loss] = field(default_factory=list)
    items: dict[str, ReadItem] = field(default_factory=dict)
    tests: list[ReadTest] = field(default_factory=list)
    versions: dict[str, None] = field(default_factory=dict)
    described: dict[str, Description] = field(default_factory=dict)
    # Items of ours that nobody changed, by the path of their first file, and the paths of their other files.
    own: dict[str, ReadItem] = field(default_factory=dict)
    translations: set[str] = field(default_factory=set)
    # Identifiers of items by their file, and by what tests may call them.
    by_path: dict[str, str] = field(default_factory=dict)
    by_name: dict[str, str] = field(default_factory=dict)
    test_files: list[str] = field(default_factory=list)
    trees: dict[str, etree._Element] = field(default_factory=dict)
    # Canvas's settings of quizzes, by the quiz, with their file.
    settings: dict[str, tuple[etree._Element, str]] = field(default_factory=dict)
    folder: str = ""

    def __post_init__(self) -> None:
        self.media = Media(self.archive)

    def package(self) -> Package:
        self._read_manifest()
        for path, said in self.described.items():
            if said.draft and (found := self._unchanged(path, said)):
                self.own[path], paths = found
                self.translations |= paths - {path}
        for path in self._files():
            self._take(path, self.described.get(path, Description()))
            if len(self.items) > MOST_ITEMS:
                raise Unreadable(_("The file has more than %(limit)s items; send it in parts.") % {"limit": MOST_ITEMS})
        for path in self.test_files:
            self._take_test(path)
        self.tests = [
            canvas.with_settings(test, *self.settings[test.identifier]) if test.identifier in self.settings else test
            for test in self.tests
        ]
        if not self.items and not self.tests:
            raise Unreadable(self._nothing())
        self.losses += [
            Loss(_("An archive inside of the zip file was not opened."), name)
            for name in self.archive.names
            if is_nested(name)
        ]
        versions = [f"QTI {version}" for version in self.versions]
        return Package(" + ".join(versions) or "QTI", tuple(self.items.values()), tuple(self.tests), tuple(self.losses))

    def _nothing(self) -> str:
        if any(map(is_nested, self.archive.names)):
            return _("The zip file holds no QTI but other archives, which are not opened. Send those.")
        reasons = "; ".join(loss.words for loss in self.losses[:5])
        return _("The zip file holds no item or test of QTI.") + (f" ({reasons})" if reasons else "")

    def _read_manifest(self) -> None:
        """Take the described files, in the manifest's order; none when there is no manifest that can be read."""
        found = [name for name in self.archive.names if posixpath.basename(name).casefold() == MANIFEST]
        if not found:
            self.losses.append(Loss(_("There is no %(name)s; every XML file was looked at.") % {"name": MANIFEST}))
            return
        path = min(found, key=lambda name: name.count("/"))
        self.folder = posixpath.dirname(path)
        try:
            parsed = parse(self._content(path), where=path, language=self.language)
        except Unreadable as error:
            self.losses.append(Loss(_("The list of files cannot be read; every XML file was looked at."), str(error)))
            return
        self.losses += guessed(parsed, path)
        for resource in inside(parsed.root, "resource"):
            self._describe(resource)

    def _describe(self, resource: etree._Element) -> None:
        said = replace(description(resource), resource=attribute(resource, "identifier"))
        main = attribute(resource, "href")
        hrefs = dict.fromkeys([main, *(attribute(file, "href") for file in children(resource, "file"))])
        paths = {href: self.archive.find(href, base=self.folder) for href in hrefs if href}
        kind = attribute(resource, "type").lower()
        if main and paths[main] is None and ("qti_item" in kind or "qti_xmlv1" in kind):
            words = _("The file %(name)s, which the list names, is not there.") % {"name": main[:100]}
            self._add(ReadItem(said.resource or main, None, said.title, losses=(Loss(words, main),)), main, said)
        for number, path in enumerate(paths.values()):
            if path is None or not path.casefold().endswith(_XML):
                continue
            if number == 0:
                self.described[path] = said
            else:
                self.described.setdefault(path, Description())

    def _files(self) -> Iterator[str]:
        yield from self.described
        for name in self.archive.names:
            if name.casefold().endswith(_XML) and name not in self.described:
                yield name

    def _content(self, path: str) -> bytes:
        return self.archive.read(path, at_most=LARGEST_XML)

    def _unchanged(self, path: str, said: Description) -> tuple[ReadItem, set[str]] | None:
        def find(href: str, base: str = self.folder) -> str:
            found = self.archive.find(href, base=base)
            if found is None:
                raise Unreadable(href)
            return found

        def read_picture(href: str) -> bytes:
            return self.archive.read(find(href), at_most=LARGEST_PICTURE)

        def read_tree(href: str) -> etree._Element:
            return parse(self._content(find(href)), where=href).root

        try:
            words = VOCABULARIES.get(version_of(read_tree(path)))
        except Unreadable:
            return None
        if words is None:
            return None
        found = unchanged(said, words, read_picture=read_picture, read_tree=read_tree)
        return None if found is None else (found[0], {find(href) for href in found[1]})

    def _take(self, path: str, said: Description) -> None:
        if path in self.translations or posixpath.basename(path).casefold() == MANIFEST:
            return
        try:
            parsed = parse(self._content(path), where=path, language=self.language)
        except Unreadable as error:
            # What it was cannot be known any more, so it is reported as an item that is lost.
            name = said.identifier or said.resource or posixpath.splitext(posixpath.basename(path))[0]
            self._add(ReadItem(name, None, said.title, losses=(Loss(str(error), path),)), path, said)
            return
        root, kind = parsed.root, name_of(parsed.root)
        source = Source(path, self.language, self.media, posixpath.dirname(path), self._include)
        if kind == "assessmentitem":
            self.versions[version_of(root)] = None
            self._take_item(root, source, said, guessed(parsed, path))
        elif kind == "assessmenttest":
            self.versions[version_of(root)] = None
            self.test_files.append(path)
        elif kind in qti1.ROOTS:
            self.versions["1.2"] = None
            items, tests = qti1.read(root, source)
            for item in items:
                self._add(item, "", replace(said, title="", identifier="", resource=""))
            self.tests += tests
        elif canvas.is_settings(root):
            self.settings[canvas.quiz_of(root)] = root, path

    def _take_item(self, root: etree._Element, source: Source, said: Description, more: tuple[Loss, ...]) -> None:
        path = source.where
        name = attribute(root, "identifier")
        if path in self.own:
            self._add(self.own[path], path, said, also=name)
            return
        item = read_item(root, source)
        losses = item.losses + more
        if said.translates and self._joins(item, said):
            return
        if said.draft:
            words = _("The item was changed since it was exported; it was read from its file.")
            losses += (Loss(words, path),)
        for tag in said.unusable_tags:
            losses += (Loss(_("The keyword %(word)r is no tag of ours.") % {"word": tag[:60]}, path),)
        draft = item.draft
        if draft is not None and said.parameters is not None:
            draft = said.parameters.given_to(draft)
        read = replace(
            item,
            identifier=said.identifier or item.identifier,
            draft=draft,
            title=said.title if said.draft else item.title or said.title,
            area=said.area,
            tags=said.tags,
            losses=losses,
        )
        self._add(read, path, said, also=name)

    def _joins(self, item: ReadItem, said: Description) -> bool:
        """Whether the item became another language of one that was read before."""
        main = self.items.get(said.translates)
        if main is None or main.draft is None or item.draft is None:
            return False
        draft = joined(main.draft, item.draft)
        if draft is None:
            return False
        self.items[said.translates] = replace(main, draft=draft, losses=main.losses + item.losses)
        return True

    def _add(self, item: ReadItem, path: str, said: Description, *, also: str = "") -> None:
        identifier = item.identifier
        if identifier in self.items and self._is_copy(self.items[identifier], item):
            return
        if identifier in self.items:
            wanted, number = said.resource or identifier, 2
            while wanted in self.items:
                wanted, number = f"{identifier}-{number}", number + 1
            words = _("Another item has the same identifier; this one is called %(name)s.") % {"name": wanted}
            item = replace(item, identifier=wanted, losses=(*item.losses, Loss(words, path)))
            identifier = wanted
        self.items[identifier] = item
        if path:
            self.by_path.setdefault(path, identifier)
        for name in (item.identifier, also, said.resource):
            if name:
                self.by_name.setdefault(name, identifier)

    def _is_copy(self, known: ReadItem, item: ReadItem) -> bool:
        """Whether an item says what another said before: course packages hold their tests in two dialects."""
        if known.draft is not None and item.draft is not None:
            return known.draft == item.draft
        if known.draft is None and item.draft is not None and "1.2" in self.versions:
            self.items[known.identifier] = item
            return True
        return "1.2" in self.versions and item.draft is None

    def _include(self, href: str, base: str) -> tuple[etree._Element, str] | None:
        """The tree of another file, and its folder; None when it is not there or cannot be read."""
        path = self.archive.find(href, base=base)
        if path is None:
            return None
        if path not in self.trees:
            try:
                self.trees[path] = self._tree(path)
            except Unreadable:
                return None
            while len(self.trees) > _KEPT_TREES:
                self.trees.pop(next(iter(self.trees)))
        return self.trees[path], posixpath.dirname(path)

    def _tree(self, path: str) -> etree._Element:
        content = self._content(path)
        try:
            return parse(content, where=path, language=self.language).root
        except Unreadable:
            if not path.casefold().endswith((".html", ".htm", ".xhtml", ".txt")):
                raise
            return parse_html(content.decode("utf-8", errors="replace"), where=path)

    def _take_test(self, path: str) -> None:
        folder = posixpath.dirname(path)
        root = parse(self._content(path), where=path, language=self.language).root

        def find_item(href: str) -> str | None:
            found = self.archive.find(href, base=folder)
            return self.by_path.get(found or "") or self.by_name.get(href)

        def find_section(href: str) -> etree._Element | None:
            included = self._include(href, folder)
            return None if included is None else included[0]

        test = assessment.read_test(root, where=path, find_item=find_item, find_section=find_section)
        said = self.described.get(path, Description())
        if said.identifier:
            test = replace(test, identifier=said.identifier, title=said.title)
        self.tests.append(test)

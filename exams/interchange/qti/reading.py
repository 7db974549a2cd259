"""Files of QTI: a package with a manifest, a zip of items without one, or the XML of a single item or test."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from django.utils.translation import gettext as _
from lxml import etree

from exams.interchange.archive import Archive, check_upload_size, is_nested, is_zip
from exams.interchange.media import Media
from exams.interchange.package import Loss, Package, ReadItem, ReadTest, Unreadable
from exams.interchange.qti import assessment, qti1
from exams.interchange.qti.item import Source, read_item
from exams.interchange.qti.metadata import Description, description
from exams.interchange.qti.nodes import attribute, children, inside, name_of
from exams.interchange.safexml import LARGEST_XML, parse, parse_html

MANIFEST = "imsmanifest.xml"
MOST_ITEMS = 20_000
_OTHERS = {b"%PDF": "PDF", b"Rar!": "RAR", b"7z\xbc\xaf": "7z", b"\x1f\x8b": "gzip", b"\xd0\xcf\x11\xe0": "MS Office"}
_KEPT_TREES = 16


def read(data: BinaryIO | bytes, *, language: str, name: str = "") -> Package:
    """The items and tests of a file of QTI 3.0, 2.x or 1.2; `language` is theirs unless they say another.

    Raises Unreadable for a file that is broken, hostile, too large, or holds no QTI, and no other error.
    """
    check_upload_size(data)
    start = _start(data)
    if is_zip(start):
        return _Zip(Archive(data), language).package()
    for magic, kind in _OTHERS.items():
        if start.startswith(magic):
            raise Unreadable(_("This is a file of the kind %(kind)s and no zip or XML file.") % {"kind": kind})
    if not start.strip(b"\x00 \t\r\n"):
        raise Unreadable(_("The file is empty."))
    content = data if isinstance(data, bytes) else data.read(LARGEST_XML + 1)
    return _single(content, language, name or _("The file"))


def _start(data: BinaryIO | bytes) -> bytes:
    if isinstance(data, bytes):
        return data[:64]
    data.seek(0)
    start = data.read(64)
    data.seek(0)
    return start


def _single(content: bytes, language: str, where: str) -> Package:
    parsed = parse(content, where=where, language=language)
    losses = _guessed(parsed.guessed_encoding, where)
    kind = name_of(parsed.root)
    if kind == "assessmentitem":
        item = read_item(parsed.root, Source(where, language))
        return Package(_version(parsed.root), (item,), losses=losses)
    if kind == "assessmenttest":
        test = assessment.read_test(
            parsed.root, where=where, find_item=lambda href: None, find_section=lambda href: None
        )
        return Package(_version(parsed.root), (), (test,), losses)
    if kind in qti1.ROOTS:
        items, tests = qti1.read(parsed.root, Source(where, language))
        return Package("QTI 1.2", tuple(items), tuple(tests), losses)
    if kind == "manifest":
        raise Unreadable(_("This is the list of a package's files alone; send the whole zip file."))
    raise Unreadable(
        _("%(where)s is XML, but no item or test of QTI: it begins with <%(name)s>.")
        % {"where": where, "name": str(parsed.root.tag).rpartition("}")[2][:60]}
    )


def _guessed(encoding: str, where: str) -> tuple[Loss, ...]:
    if not encoding:
        return ()
    words = _("The file is not in the encoding that it says; it was read as %(encoding)s.") % {"encoding": encoding}
    return (Loss(words, where),)


def _version(root: etree._Element) -> str:
    """By the namespace, or else by the spelling of the names."""
    namespace = str(root.tag).rpartition("}")[0]
    for mark, version in (("v3p0", "3.0"), ("v2p2", "2.2"), ("v2p1", "2.1"), ("v2p0", "2.0")):
        if mark in namespace:
            return f"QTI {version}"
    return "QTI 3.0" if str(root.tag).rpartition("}")[2].startswith("qti-") else "QTI 2"


@dataclass
class _Zip:
    """The state of reading one zip file."""

    archive: Archive
    language: str
    losses: list[Loss] = field(default_factory=list)
    items: list[ReadItem] = field(default_factory=list)
    tests: list[ReadTest] = field(default_factory=list)
    versions: dict[str, None] = field(default_factory=dict)
    # Items by their file, by their own identifier and by their resource's.
    by_path: dict[str, str] = field(default_factory=dict)
    by_name: dict[str, str] = field(default_factory=dict)
    test_files: list[str] = field(default_factory=list)
    trees: dict[str, etree._Element] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.media = Media(self.archive)

    def package(self) -> Package:
        described = self._manifest()
        for path in self._files(described):
            self._take(path, described.get(path, Description()))
            if len(self.items) > MOST_ITEMS:
                raise Unreadable(_("The file has more than %(limit)s items; send it in parts.") % {"limit": MOST_ITEMS})
        for path in self.test_files:
            self._test(path)
        if not self.items and not self.tests:
            raise Unreadable(self._nothing())
        self._note_nested()
        return Package(" + ".join(self.versions) or "QTI", tuple(self.items), tuple(self.tests), tuple(self.losses))

    def _nothing(self) -> str:
        if any(map(is_nested, self.archive.names)):
            return _("The zip file holds no QTI but other archives, which are not opened. Send those.")
        reasons = "; ".join(loss.words for loss in self.losses[:5])
        return _("The zip file holds no item or test of QTI.") + (f" ({reasons})" if reasons else "")

    def _note_nested(self) -> None:
        for name in self.archive.names:
            if is_nested(name):
                self.losses.append(Loss(_("An archive inside of the zip file was not opened."), name))

    def _manifest(self) -> dict[str, Description]:
        """The described files, in the manifest's order; empty when there is no manifest that can be read."""
        found = [name for name in self.archive.names if posixpath.basename(name).casefold() == MANIFEST]
        if not found:
            self.losses.append(Loss(_("There is no %(name)s; every XML file was looked at.") % {"name": MANIFEST}))
            return {}
        path = min(found, key=lambda name: name.count("/"))
        try:
            parsed = parse(self._content(path), where=path, language=self.language)
        except Unreadable as error:
            self.losses.append(Loss(_("The list of files cannot be read; every XML file was looked at."), str(error)))
            return {}
        self.losses += _guessed(parsed.guessed_encoding, path)
        return dict(self._described(parsed.root, posixpath.dirname(path)))

    def _described(self, manifest: etree._Element, folder: str) -> Iterator[tuple[str, Description]]:
        for resource in inside(manifest, "resource"):
            said = description(resource)
            identifier = attribute(resource, "identifier")
            hrefs = [attribute(resource, "href"), *(attribute(file, "href") for file in children(resource, "file"))]
            paths = [self.archive.find(href, base=folder) for href in dict.fromkeys(hrefs) if href]
            if hrefs[0] and paths[0] is None and _is_qti(attribute(resource, "type")):
                words = _("The file %(name)s, which the list names, is not there.") % {"name": hrefs[0][:100]}
                self.items.append(ReadItem(identifier or hrefs[0], None, said.title, losses=(Loss(words, hrefs[0]),)))
            for number, path in enumerate(paths):
                if path is not None and path.casefold().endswith(".xml"):
                    yield (
                        path,
                        replace(said, identifier=said.identifier or identifier) if number == 0 else Description(),
                    )

    def _files(self, described: dict[str, Description]) -> Iterator[str]:
        yield from described
        for name in self.archive.names:
            is_xml = name.casefold().endswith((".xml", ".qti", ".dat"))
            if is_xml and name not in described and posixpath.basename(name).casefold() != MANIFEST:
                yield name

    def _content(self, path: str) -> bytes:
        return self.archive.read(path, at_most=LARGEST_XML)

    def _take(self, path: str, said: Description) -> None:
        try:
            parsed = parse(self._content(path), where=path, language=self.language)
        except Unreadable as error:
            # What it is cannot be known any more; a file that the list calls an item is one that is lost.
            identifier = said.identifier or posixpath.splitext(posixpath.basename(path))[0]
            self.items.append(ReadItem(identifier, None, said.title, losses=(Loss(str(error), path),)))
            return
        root, kind = parsed.root, name_of(parsed.root)
        if kind == "assessmentitem":
            self.versions[_version(root)] = None
            self._add(read_item(root, self._source(path)), path, said, _guessed(parsed.guessed_encoding, path))
        elif kind == "assessmenttest":
            self.versions[_version(root)] = None
            self.test_files.append(path)
        elif kind in qti1.ROOTS:
            self.versions["QTI 1.2"] = None
            items, tests = qti1.read(root, self._source(path))
            for item in items:
                self._add(item, path, replace(said, title="", identifier=""), ())
            self.tests += tests

    def _source(self, path: str) -> Source:
        return Source(path, self.language, self.media, posixpath.dirname(path), self._include)

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
            if not path.casefold().endswith((".html", ".htm", ".xhtml")):
                raise
            return parse_html(content.decode("utf-8", errors="replace"), where=path)

    def _add(self, item: ReadItem, path: str, said: Description, more: tuple[Loss, ...]) -> None:
        identifier, losses = item.identifier, item.losses + more
        taken = {known.identifier for known in self.items} if identifier in self.by_name else set()
        if identifier in self.by_name:
            wanted = said.identifier if said.identifier not in taken and said.identifier else identifier
            number = 2
            while wanted in taken:
                wanted, number = f"{identifier}-{number}", number + 1
            words = _("Another item has the same identifier; this one is called %(name)s.") % {"name": wanted}
            losses += (Loss(words, path),)
            identifier = wanted
        for tag in said.unusable_tags:
            losses += (Loss(_("The keyword %(word)r is no tag of ours.") % {"word": tag[:60]}, path),)
        draft = item.draft
        if draft is not None and said.parameters is not None:
            draft = said.parameters.given_to(draft)
        title, area = item.title or said.title, said.area or item.area
        read = replace(item, identifier=identifier, draft=draft, title=title, area=area, tags=said.tags, losses=losses)
        self.items.append(read)
        self.by_path.setdefault(path, identifier)
        for name in (item.identifier, said.identifier):
            if name:
                self.by_name.setdefault(name, identifier)

    def _test(self, path: str) -> None:
        folder = posixpath.dirname(path)
        root = parse(self._content(path), where=path, language=self.language).root

        def find_item(href: str) -> str | None:
            found = self.archive.find(href, base=folder)
            return self.by_path.get(found or "") or self.by_name.get(href)

        def find_section(href: str) -> etree._Element | None:
            included = self._include(href, folder)
            return None if included is None else included[0]

        self.tests.append(assessment.read_test(root, where=path, find_item=find_item, find_section=find_section))


def _is_qti(kind: str) -> bool:
    return "qti_item" in kind.lower() or "qti_xmlv1" in kind.lower()

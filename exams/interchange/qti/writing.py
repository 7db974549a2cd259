"""Packages of QTI 3.0 and 2.2: items with their pictures and passages, tests, and the manifest."""

import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO

from django.utils.translation import gettext as _
from lxml import etree

from exams.drafts import ItemDraft
from exams.interchange.package import Loss, Package, ReadItem, ReadTest, Written
from exams.interchange.qti import codec
from exams.interchange.qti.layout import TESTS, File, Files, files_of, name_for
from exams.interchange.qti.metadata import OWN
from exams.interchange.qti.vocabulary import LOM, VOCABULARIES, XSI, Vocabulary
from exams.interchange.safexml import legal

# An export of the same items is the same file, byte by byte.
_WHEN = (2020, 1, 1, 0, 0, 0)


def write(package: Package, *, language: str = "", version: str = "3.0") -> Written:
    """A zip file of QTI `version` ("3.0" or "2.2") with all items in all their languages.

    `language` is of no consequence, since every item is written in each of its own. Raises ValueError for a version
    that we do not write.
    """
    if version not in VOCABULARIES:
        raise ValueError(f"QTI {version} is not written here; {', '.join(VOCABULARIES)} are.")
    writer = _Package(VOCABULARIES[version])
    for item in package.items:
        writer.take_item(item)
    for test in package.tests:
        writer.take_test(test)
    return Written(writer.close(), ".zip", "application/zip", tuple(writer.losses), tuple(writer.left_out))


@dataclass
class _Package:
    words: Vocabulary
    losses: list[tuple[str, Loss]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    main_files: dict[str, File] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.buffer = BytesIO()
        self.zip = zipfile.ZipFile(self.buffer, "w", zipfile.ZIP_DEFLATED)
        space = self.words.package_namespace
        self.manifest = etree.Element(f"{{{space}}}manifest", nsmap={None: space, "imsmd": LOM, "xsi": XSI, "own": OWN})
        self.manifest.set(f"{{{XSI}}}schemaLocation", f"{space} {self.words.package_schema}")
        self.manifest.set("identifier", "MANIFEST")
        metadata = self._add(self.manifest, "metadata")
        self._add(metadata, "schema").text = self.words.package_kind
        self._add(metadata, "schemaversion").text = self.words.package_version
        self._add(self.manifest, "organizations")
        self.resources = self._add(self.manifest, "resources")

    def _add(self, parent: etree._Element, name: str, **attributes: str) -> etree._Element:
        return etree.SubElement(parent, f"{{{self.words.package_namespace}}}{name}", attributes)

    def _own(self, parent: etree._Element, name: str, attributes: Mapping[str, str]) -> etree._Element:
        return etree.SubElement(parent, f"{{{OWN}}}{name}", {key: legal(value) for key, value in attributes.items()})

    def _store(self, path: str, content: bytes) -> bool:
        """Whether the file is new to the package."""
        if path in self.written:
            return False
        self.written.add(path)
        entry = zipfile.ZipInfo(path, _WHEN)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        self.zip.writestr(entry, content)
        return True

    def _store_xml(self, path: str, root: etree._Element) -> bool:
        return self._store(path, etree.tostring(root, xml_declaration=True, encoding="UTF-8"))

    def take_item(self, item: ReadItem) -> None:
        if item.draft is None or item.identifier in self.main_files:
            words = _("The item has no contents.") if item.draft is None else _("Two items have the same identifier.")
            self.losses.append((item.identifier, Loss(words)))
            self.left_out.append(item.identifier)
            return
        files = files_of(item.identifier, item.title, item.draft, self.words)
        for name, path in files.pictures.items():
            if self._store(path, item.draft.assets[name]):
                self._resource(_resource_name(path), "webcontent", path)
        for stimulus in files.stimuli:
            if self._store_xml(stimulus.path, stimulus.root):
                kind = f"imsqti_stimulus_{self.words.resource_suffix}"
                resource = self._resource(stimulus.identifier, kind, stimulus.path)
                self._depend(resource, map(_resource_name, files.pictures.values()))
        for number, file in enumerate(files.items):
            self._item_resource(item, item.draft, files, file, is_main=number == 0)
        self.main_files[item.identifier] = files.items[0]
        self.losses += [(item.identifier, Loss(words)) for words in _lost(item.draft)]

    def _item_resource(self, item: ReadItem, draft: ItemDraft, files: Files, file: File, *, is_main: bool) -> None:
        self._store_xml(file.path, file.root)
        kind = f"imsqti_item_{self.words.resource_suffix}"
        resource = self._resource(file.identifier, kind, file.path)
        metadata = etree.Element(f"{{{self.words.package_namespace}}}metadata")
        resource.insert(0, metadata)
        self._describe(metadata, item, file)
        own = self._own(metadata, "item", {"language": file.language})
        if is_main:
            for name, value in (("identifier", item.identifier), ("title", item.title), ("area", item.area)):
                own.set(name, legal(value))
            own.set("tags", " ".join(item.tags))
        else:
            own.set("translates", legal(item.identifier))
        self._own(own, "parameters", _parameters(draft))
        if is_main:
            for name, path in sorted(files.pictures.items()):
                self._own(own, "picture", {"name": name, "href": path})
            self._own(own, "draft", {}).text = codec.encode(draft)
        passages = [stimulus.identifier for stimulus in files.stimuli if stimulus.language == file.language]
        self._depend(resource, [*passages, *map(_resource_name, files.pictures.values())])

    def _describe(self, metadata: etree._Element, item: ReadItem, file: File) -> None:
        """Title, language, keywords and area in the words of LOM, for systems that know ours not."""

        def add(parent: etree._Element, name: str) -> etree._Element:
            return etree.SubElement(parent, f"{{{LOM}}}{name}")

        def say(parent: etree._Element, name: str, words: str) -> None:
            add(add(parent, name), "string").text = legal(words)

        lom = add(metadata, "lom")
        general = add(lom, "general")
        add(add(general, "identifier"), "entry").text = legal(item.identifier)
        say(general, "title", item.title or item.identifier)
        add(general, "language").text = file.language
        for tag in item.tags:
            say(general, "keyword", tag)
        if item.area:
            classification = add(lom, "classification")
            purpose = add(classification, "purpose")
            add(purpose, "source").text = "LOMv1.0"
            add(purpose, "value").text = "discipline"
            path = add(classification, "taxonPath")
            say(path, "source", "MegaCity")
            taxon = add(path, "taxon")
            say(taxon, "entry", item.area)

    def _resource(self, identifier: str, kind: str, path: str) -> etree._Element:
        resource = self._add(self.resources, "resource", identifier=identifier, type=kind, href=path)
        self._add(resource, "file", href=path)
        return resource

    def _depend(self, resource: etree._Element, identifiers: Iterator[str] | list[str]) -> None:
        for identifier in dict.fromkeys(identifiers):
            self._add(resource, "dependency", identifierref=identifier)

    def take_test(self, test: ReadTest) -> None:
        known = [name for name in test.items if name in self.main_files]
        for name in test.items:
            if name not in self.main_files:
                words = _("The item %(name)s is not in the file.") % {"name": name[:100]}
                self.losses.append((test.identifier, Loss(words)))
        if not known:
            self.losses.append((test.identifier, Loss(_("The test has no items."))))
            self.left_out.append(test.identifier)
            return
        name = f"test_{name_for(test.identifier)}"
        path = posixpath.join(TESTS, f"{name}.xml")
        if not self._store_xml(path, self._test(test, name, known)):
            self.left_out.append(test.identifier)
            return
        resource = self._resource(name, f"imsqti_test_{self.words.resource_suffix}", path)
        metadata = etree.Element(f"{{{self.words.package_namespace}}}metadata")
        resource.insert(0, metadata)
        self._own(metadata, "test", {"identifier": test.identifier, "title": test.title})
        self._depend(resource, [self.main_files[item].identifier for item in known])

    def _test(self, test: ReadTest, name: str, items: list[str]) -> etree._Element:
        words = self.words
        title = legal(test.title) or name
        root = words.root("assessmentTest", identifier=name, title=title)
        score = words.add(root, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
        words.add(words.add(score, "defaultValue"), "value", "0")
        if test.time_limit_minutes is not None:
            words.add(root, "timeLimits", maxTime=str(test.time_limit_minutes * 60))
        part = words.add(root, "testPart", identifier="part_1", navigationMode="linear", submissionMode="individual")
        section = words.add(part, "assessmentSection", identifier="section_1", title=title, visible="false")
        for item in items:
            file = self.main_files[item]
            words.add(section, "assessmentItemRef", identifier=file.identifier, href=posixpath.join("..", file.path))
        rule = words.add(words.add(root, "outcomeProcessing"), "setOutcomeValue", identifier="SCORE")
        words.add(words.add(rule, "sum"), "testVariables", variableIdentifier="SCORE")
        etree.cleanup_namespaces(root)
        return root

    def close(self) -> bytes:
        self._store_xml("imsmanifest.xml", self.manifest)
        self.zip.close()
        return self.buffer.getvalue()


def _resource_name(path: str) -> str:
    return "media_" + path.split("/")[1] + "_" + name_for(posixpath.basename(path))


def _parameters(draft: ItemDraft) -> dict[str, str]:
    said = {name: repr(float(getattr(draft, name))) for name in ("a", "b", "c", "d")}
    thresholds = " ".join(repr(float(value)) for value in draft.thresholds)
    return {"model": str(draft.model), **said, "thresholds": thresholds, "source": str(draft.source)}


def _lost(draft: ItemDraft) -> Iterator[str]:
    """What other systems will not know of the item; ours reads it back from its own copy."""
    if draft.kind == "matching" and draft.scoring == "exact":
        positive = [key.option for key in draft.keys if key.points > 0]
        if len(set(positive)) < len(positive):
            yield _("Other systems will take only one of several right targets of an option.")
    if draft.passage and set(draft.passage.texts) - set(draft.texts):
        yield _("The passage's texts in languages that the question is not in are for MegaCity alone.")

"""Pictures of a file from outside, under the names that our texts show them by."""

import base64
import binascii
import hashlib
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from django.utils.translation import gettext as _

from exams import pictures
from exams.interchange.archive import Archive
from exams.interchange.package import Unreadable

LARGEST_PICTURE = 2 * 1024 * 1024
_SAME = {".jpeg": ".jpg"}
_DATA = re.compile(r"data:image/[a-z0-9.+-]+;base64,(.*)", re.IGNORECASE | re.DOTALL)


@dataclass
class Media:
    """The pictures of one archive (or of none); each is looked at once, however many items show it."""

    archive: Archive | None = None
    _known: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    def picture(self, source: str, base: str) -> tuple[str, bytes]:
        """A name and the contents of the picture at `source`, written in a file of the folder `base`.

        Raises LookupError, with the reason in words, for one that cannot be carried.
        """
        if inline := _DATA.match(source):
            try:
                content = base64.b64decode(unquote(inline[1]), validate=False)
            except (binascii.Error, ValueError) as error:
                raise LookupError(_("A picture inside of the text is damaged.")) from error
            return self._named(f"picture-{hashlib.sha256(content).hexdigest()[:12]}", content)
        said = {"name": source[:100]}
        if not source:
            raise LookupError(_("A picture has no address."))
        if re.match(r"(?:[a-z][a-z0-9+.-]*:|//)", source, re.IGNORECASE):
            raise LookupError(_("The picture %(name)s is not in the file but elsewhere; it was left out.") % said)
        name = self.archive.find(source, base=base) if self.archive else None
        if name is None or self.archive is None:
            raise LookupError(_("The picture %(name)s is not in the file.") % said)
        if self.archive.size(name) > LARGEST_PICTURE:
            raise LookupError(
                _("The picture %(name)s is larger than %(size)s MB; it was left out.") % {**said, "size": 2}
            )
        if name not in self._known:
            try:
                self._known[name] = self.archive.read(name, at_most=LARGEST_PICTURE), ""
            except Unreadable as error:
                raise LookupError(str(error)) from error
        return self._named(posixpath.basename(name), self._known[name][0])

    def _named(self, name: str, content: bytes) -> tuple[str, bytes]:
        suffix = kind_of(content)
        if suffix is None:
            raise LookupError(
                _("%(name)s is no picture in PNG, JPEG, WebP or GIF format; it was left out.") % {"name": name[:100]}
            )
        stem, given = posixpath.splitext(name)
        cleaned = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:80]
        if not cleaned:
            cleaned = hashlib.sha256(content).hexdigest()[:12]
        given = given.lower()
        return cleaned + (given if _SAME.get(given, given) == suffix else suffix), content


def kind_of(content: bytes) -> str | None:
    """The file ending of a picture of a format that we show; None for anything else, and for a damaged one."""
    kind = pictures.kind_of(content) if len(content) <= LARGEST_PICTURE else None
    return f".{pictures.KINDS[kind][0]}" if kind else None


class Shelf:
    """The pictures of one item: `take` gives each a name of its own."""

    def __init__(self, media: Media, *, lose: Callable[[str], None]) -> None:
        self._media, self._lose = media, lose
        self.assets: dict[str, bytes] = {}

    def take(self, source: str, base: str) -> str | None:
        """The asset's name for a picture; None, with the reason noted as a loss, when it cannot be carried."""
        try:
            name, content = self._media.picture(source, base)
        except LookupError as error:
            self._lose(str(error.args[0]))
            return None
        if self.assets.get(name, content) != content:
            stem, suffix = posixpath.splitext(name)
            name = f"{stem[:70]}-{hashlib.sha256(content).hexdigest()[:8]}{suffix}"
        self.assets[name] = content
        return name

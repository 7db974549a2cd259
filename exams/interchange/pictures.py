"""Pictures of a file from outside, under names and of kinds that an item can show."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote

from django.utils.translation import gettext as _

from exams import pictures
from exams.item_problems import LARGEST_PICTURE
from exams.pictures import KINDS

_DATA = re.compile(r"^data:image/[\w.+-]+;base64,", re.IGNORECASE)
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


class Pictures:
    """The pictures of one question. `find` gives the asset's name for an address, or None and a loss."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._names: dict[str, str | None] = {}
        self.assets: dict[str, bytes] = {}
        self.losses: dict[str, None] = {}

    def find(self, address: str) -> str | None:
        if address not in self._names:
            self._names[address] = self._take(address)
        return self._names[address]

    def _take(self, address: str) -> str | None:
        shown = address[:80] if not address.startswith("data:") else "data:"
        content = self._content(address)
        if content is None:
            self.losses[_("The picture %(name)s is not in the file.") % {"name": shown}] = None
            return None
        kind = kind_of(content)
        if kind is None or len(content) > LARGEST_PICTURE:
            words = _("The picture %(name)s: only PNG, JPEG, WebP and GIF of up to %(size)d MB are carried.")
            self.losses[words % {"name": shown, "size": LARGEST_PICTURE // 2**20}] = None
            return None
        return self._keep(address, kind, content)

    def _content(self, address: str) -> bytes | None:
        if _DATA.match(address):
            return from_base64(address.partition(",")[2])
        name = unquote(address.replace("@@PLUGINFILE@@", "").partition("?")[0]).strip("/")
        return self._files.get(name) or self._files.get(PurePosixPath(name).name)

    def _keep(self, address: str, kind: str, content: bytes) -> str:
        for name, known in self.assets.items():
            if known == content:
                return name
        stem = "" if address.startswith("data:") else PurePosixPath(unquote(address).partition("?")[0]).stem
        safe = _UNSAFE.sub("-", stem).strip("-_.")[:60] or hashlib.sha256(content).hexdigest()[:12]
        name, number = f"{safe}.{kind}", 1
        while name in self.assets:
            number += 1
            name = f"{safe}-{number}.{kind}"
        self.assets[name] = content
        return name


def kind_of(content: bytes) -> str | None:
    """The file ending for a picture that can be shown; None for anything else."""
    kind = pictures.kind_of(content)
    return KINDS[kind][0] if kind else None


def from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None

"""Files, each zone in a folder of its own: the same relative name in two zones is two files.

Beside what Django asks of a storage, both can show everything that they keep of the current zone, earlier versions
too, and erase it for good: so that what is kept of a person is found wherever a zone's files lie.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, cast

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import FileSystemStorage, default_storage
from storages.backends.s3 import S3Storage

from zones.context import current_zone_id

CHUNK = 1024 * 1024  # bytes


class Kept(StrEnum):
    """As what a store keeps a file."""

    CURRENT = "current"  # what `open` reads
    EARLIER = "earlier"  # a version that was written over or deleted, in a bucket that keeps versions
    MARKER = "marker"  # that a name was deleted, in such a bucket: it has no contents
    UNFINISHED = "unfinished"  # an upload in parts that nobody ended: its contents cannot be read


@dataclass(frozen=True)
class StoredFile:
    """One version of one file: `name` as `open` takes it, `version` as the store calls it, "" where there is one."""

    name: str
    kept: Kept = Kept.CURRENT
    version: str = ""

    @property
    def is_readable(self) -> bool:
        return self.kept in (Kept.CURRENT, Kept.EARLIER)


class StoreAway(OSError):
    """The object store did not answer, or refused; says which of its errors and never a name."""


class ZoneStore(Protocol):
    """What both storages do for the current zone. Each method raises OSError where the store does not do it."""

    def every_file(self, folder: str = "") -> Iterator[StoredFile]:
        """All below `folder` ("users/7f…"); versions of a name follow one another, what is current first."""

    def chunks(self, file: StoredFile) -> Iterator[bytes]:
        """The contents, a megabyte at a time."""

    def erase(self, file: StoredFile) -> None:
        """Delete it such that no version is left of it; what is gone already is no error."""


def zone_store() -> ZoneStore:
    """The files of the current zone."""
    return cast(ZoneStore, default_storage)


class ZoneFileSystemStorage(FileSystemStorage):
    """On disk: `var/media/<zone>/…`."""

    @property
    def base_location(self) -> str:
        return f"{super().base_location}/{current_zone_id()}"

    @property
    def location(self) -> str:
        return self.base_location

    def every_file(self, folder: str = "") -> Iterator[StoredFile]:
        root = Path(self.location)
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() or path.is_symlink():
                yield StoredFile(path.relative_to(root).as_posix())

    def chunks(self, file: StoredFile) -> Iterator[bytes]:
        with open(self.path(file.name), "rb") as opened:
            while chunk := opened.read(CHUNK):
                yield chunk

    def erase(self, file: StoredFile) -> None:
        # Not by `path`, which follows a link and then refuses where it leads.
        Path(self.location, file.name).unlink(missing_ok=True)


class ZoneS3Storage(S3Storage):
    """In a bucket: keys begin with `<zone>/`, below the prefix of the option `location`; no name leads out of it."""

    _prefix = ""

    @property
    def location(self) -> str:
        return f"{self._prefix}/{current_zone_id()}".lstrip("/")

    @location.setter
    def location(self, prefix: Any) -> None:
        self._prefix = str(prefix).strip("/")

    def every_file(self, folder: str = "") -> Iterator[StoredFile]:
        root = f"{self.location}/"
        with _told():
            yield from self._versions(root, folder)
            with suppress(_Unknown):
                for upload in self._listed("list_multipart_uploads", "Uploads", f"{root}{folder}"):
                    yield StoredFile(upload["Key"].removeprefix(root), Kept.UNFINISHED, upload["UploadId"])

    def _versions(self, root: str, folder: str) -> Iterator[StoredFile]:
        try:
            # Each of the two lists of a page is sorted by key; a key's versions may go on on the next page.
            for page in self._pages("list_object_versions", f"{root}{folder}"):
                found = [(each, False) for each in page.get("Versions", [])]
                found += [(each, True) for each in page.get("DeleteMarkers", [])]
                for each, is_marker in sorted(found, key=lambda pair: (pair[0]["Key"], not pair[0]["IsLatest"])):
                    kept = Kept.MARKER if is_marker else Kept.CURRENT if each["IsLatest"] else Kept.EARLIER
                    yield StoredFile(each["Key"].removeprefix(root), kept, each["VersionId"])
        except _Unknown:
            # A store that knows no versions (Cloudflare R2) keeps one of each.
            for each in self._listed("list_objects_v2", "Contents", f"{root}{folder}"):
                yield StoredFile(each["Key"].removeprefix(root))

    def _listed(self, operation: str, part: str, prefix: str) -> Iterator[dict[str, Any]]:
        for page in self._pages(operation, prefix):
            yield from page.get(part, [])

    def _pages(self, operation: str, prefix: str) -> Iterator[dict[str, Any]]:
        try:
            yield from self._client.get_paginator(operation).paginate(Bucket=self.bucket_name, Prefix=prefix)
        except ClientError as error:
            if _code(error) == "NotImplemented":
                raise _Unknown from error
            raise

    def chunks(self, file: StoredFile) -> Iterator[bytes]:
        with _told():
            body = self._client.get_object(**self._named(file))["Body"]
            with body:
                yield from body.iter_chunks(CHUNK)

    def erase(self, file: StoredFile) -> None:
        with _told():
            try:
                if file.kept == Kept.UNFINISHED:
                    key = self._named(StoredFile(file.name))
                    self._client.abort_multipart_upload(**key, UploadId=file.version)
                else:
                    self._client.delete_object(**self._named(file))
            except ClientError as error:
                if _code(error) not in ("NoSuchUpload", "NoSuchKey", "NoSuchVersion"):
                    raise

    @property
    def _client(self) -> Any:
        return self.connection.meta.client

    def _named(self, file: StoredFile) -> dict[str, str]:
        named = {"Bucket": self.bucket_name, "Key": f"{self.location}/{file.name}"}
        return {**named, "VersionId": file.version} if file.version else named


class _Unknown(Exception):
    """The store does not know this operation."""


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise StoreAway(f"the object store refused: {_code(error)}") from error
    except (BotoCoreError, OSError) as error:
        raise StoreAway(f"the object store did not answer: {type(error).__name__}") from error

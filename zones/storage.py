"""Files, each zone in a folder of its own: the same relative name in two zones is two files."""

from typing import Any

from django.core.files.storage import FileSystemStorage
from storages.backends.s3 import S3Storage

from zones.context import current_zone_id


class ZoneFileSystemStorage(FileSystemStorage):
    """On disk: `var/media/<zone>/…`."""

    @property
    def base_location(self) -> str:
        return f"{super().base_location}/{current_zone_id()}"

    @property
    def location(self) -> str:
        return self.base_location


class ZoneS3Storage(S3Storage):
    """In a bucket: keys begin with `<zone>/`, below the prefix of the option `location`; no name leads out of it."""

    _prefix = ""

    @property
    def location(self) -> str:
        return f"{self._prefix}/{current_zone_id()}".lstrip("/")

    @location.setter
    def location(self, prefix: Any) -> None:
        self._prefix = str(prefix).strip("/")

"""Files on disk, each zone in a folder of its own."""

from django.core.files.storage import FileSystemStorage

from zones.context import current_zone_id


class ZoneFileSystemStorage(FileSystemStorage):
    """`var/media/<zone>/…`; the same relative name in two zones is two files."""

    @property
    def base_location(self) -> str:
        return f"{super().base_location}/{current_zone_id()}"

    @property
    def location(self) -> str:
        return self.base_location

"""What is done with the files of a form while they come in."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload


class BoundedUpload(FileUploadHandler):
    """Reads no file of a request that announces more than LARGEST_IMPORT; its view finds none, and says why.

    Without it a file of any length would be written to the disk before any view could refuse it.
    """

    def handle_raw_input(
        self, input_data: Any, META: dict, content_length: int, boundary: str, encoding: str | None = None
    ) -> None:
        self.too_large = content_length > settings.LARGEST_IMPORT + settings.UPLOAD_ENVELOPE

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if self.too_large:
            raise StopUpload(connection_reset=True)
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

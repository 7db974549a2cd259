"""Where a zone's files may lie, for tests that hold the disk and a bucket to the same: S3 spoken over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
from django.conf import settings
from django.test import override_settings
from moto.server import ThreadedMotoServer

BUCKET = "files-of-tests"
LOGIN = {"access_key": "tests", "secret_key": "tests", "region_name": "us-east-1"}


@contextmanager
def on_disk(folder: Path) -> Iterator[None]:
    with _storage({"BACKEND": "zones.storage.ZoneFileSystemStorage", "OPTIONS": {"location": str(folder)}}):
        yield


@dataclass(frozen=True)
class Bucket:
    """`client` sees the bucket as its owner does, beside the application."""

    client: Any
    url: str

    def keys(self) -> list[str]:
        """Every version and marker of every key."""
        page = self.client.list_object_versions(Bucket=BUCKET)
        return sorted(each["Key"] for each in [*page.get("Versions", []), *page.get("DeleteMarkers", [])])


@contextmanager
def in_a_bucket(*, versioned: bool) -> Iterator[Bucket]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    try:
        client = boto3.client(
            "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="tests", aws_secret_access_key="tests"
        )
        client.create_bucket(Bucket=BUCKET)
        if versioned:
            client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        options = {"bucket_name": BUCKET, "endpoint_url": url, **LOGIN}
        with _storage({"BACKEND": "zones.storage.ZoneS3Storage", "OPTIONS": options}):
            yield Bucket(client, url)
        client.close()
    finally:
        # Its servers share what the process keeps.
        httpx.post(f"{url}/moto-api/reset", timeout=10)
        server.stop()


@contextmanager
def _storage(default: dict[str, Any]) -> Iterator[None]:
    with override_settings(STORAGES={**settings.STORAGES, "default": default}):
        yield

"""Files of a zone, on disk and in a bucket: one contract for both."""

from collections.abc import Iterator

import pytest
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tests.clients import ZoneClient
from tests.object_stores import BUCKET, Bucket, in_a_bucket, on_disk
from zones.context import zone_context
from zones.storage import CHUNK, Kept, StoreAway, StoredFile, zone_store


@pytest.fixture(params=["disk", "bucket", "versioned bucket"])
def files(request, in_univ, tmp_path) -> Iterator[None]:
    with on_disk(tmp_path) if request.param == "disk" else in_a_bucket(versioned="versioned" in request.param):
        yield


@pytest.fixture
def bucket(in_univ) -> Iterator[Bucket]:
    with in_a_bucket(versioned=True) as made:
        yield made


def put(name: str, content: bytes) -> str:
    return default_storage.save(name, ContentFile(content))


def contents(file: StoredFile) -> bytes:
    return b"".join(zone_store().chunks(file))


def test_every_file_is_shown_read_and_erased(files) -> None:
    big = bytes(range(256)) * 5000
    for name, content in (("users/1/a b.jpg", b"one"), ("users/10/c.jpg", b"two"), ("imports/x/큰.csv", big)):
        put(name, content)
    found = list(zone_store().every_file())
    assert {file.name: contents(file) for file in found if file.kept == Kept.CURRENT} == {
        "imports/x/큰.csv": big,
        "users/1/a b.jpg": b"one",
        "users/10/c.jpg": b"two",
    }
    assert len(big) > CHUNK
    assert all(len(chunk) <= CHUNK for chunk in zone_store().chunks(found[0]))
    # A folder ends with its name: 1 is not 10.
    mine = list(zone_store().every_file("users/1/"))
    assert [file.name for file in mine] == ["users/1/a b.jpg"]
    zone_store().erase(mine[0])
    zone_store().erase(mine[0])
    assert [file.name for file in zone_store().every_file("users/")] == ["users/10/c.jpg"]
    assert not default_storage.exists("users/1/a b.jpg")


def test_a_zone_has_no_other_zones_files(files, college) -> None:
    put("users/1/a.jpg", b"of univ")
    with zone_context(college):
        assert list(zone_store().every_file()) == []
        put("users/1/a.jpg", b"of college")
        (mine,) = zone_store().every_file()
        assert contents(mine) == b"of college"
        zone_store().erase(mine)
        with pytest.raises(SuspiciousOperation):
            default_storage.open("../univ/users/1/a.jpg")
    (kept,) = zone_store().every_file()
    assert contents(kept) == b"of univ"


def test_a_bucket_shows_what_was_written_over_and_what_was_deleted(bucket: Bucket) -> None:
    for content in (b"first", b"second"):
        bucket.client.put_object(Bucket=BUCKET, Key="univ/a.txt", Body=content)
    bucket.client.put_object(Bucket=BUCKET, Key="univ/b.txt", Body=b"gone")
    bucket.client.delete_object(Bucket=BUCKET, Key="univ/b.txt")
    started = bucket.client.create_multipart_upload(Bucket=BUCKET, Key="univ/c.txt")
    bucket.client.upload_part(Bucket=BUCKET, Key="univ/c.txt", UploadId=started["UploadId"], PartNumber=1, Body=b"half")
    found = list(zone_store().every_file())
    said = [(file.name, str(file.kept), contents(file) if file.is_readable else b"") for file in found]
    assert said == [
        ("a.txt", "current", b"second"),
        ("a.txt", "earlier", b"first"),
        ("b.txt", "marker", b""),
        ("b.txt", "earlier", b"gone"),
        ("c.txt", "unfinished", b""),
    ]
    for file in found:
        zone_store().erase(file)
    zone_store().erase(found[-1])
    assert bucket.keys() == []
    assert "Uploads" not in bucket.client.list_multipart_uploads(Bucket=BUCKET)


def test_a_bucket_that_does_not_answer_or_refuses_says_so_and_names_nothing(bucket: Bucket) -> None:
    bucket.client.put_object(Bucket=BUCKET, Key="univ/secret-name.txt", Body=b"x")
    (file,) = zone_store().every_file()
    bucket.client.delete_object(Bucket=BUCKET, Key="univ/secret-name.txt", VersionId=file.version)
    with pytest.raises(StoreAway) as refused:
        contents(file)
    assert "secret-name" not in str(refused.value)
    bucket.client.delete_bucket(Bucket=BUCKET)
    with pytest.raises(StoreAway, match="NoSuchBucket"):
        list(zone_store().every_file())


@pytest.mark.parametrize("name", ["/etc/passwd", "a//b", "nothing", "x" * 1500, "가" * 400, "a/" * 400])
def test_what_no_store_keeps_is_not_found_by_its_address(files, name) -> None:
    path = f"/media/{name}".encode().decode("latin-1")
    assert ZoneClient("univ", "static").get("/", PATH_INFO=path).status_code == 404

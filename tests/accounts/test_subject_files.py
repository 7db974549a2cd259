"""The files of a person, wherever they lie: given out, erased with all their versions, looked for in vain."""

import io
import zipfile
from collections.abc import Iterator

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.people import Operator
from accounts.services import erasing, exporting
from accounts.subjects.scanning import scan
from accounts.subjects.subject import is_erased, subject_of
from tests.cast import Cast
from tests.object_stores import BUCKET, Bucket, in_a_bucket, on_disk
from zones.context import zone_context
from zones.problems import Unavailable
from zones.storage import CHUNK, zone_store

REASON = "Asked for by the person"


@pytest.fixture(params=["disk", "bucket", "versioned bucket"])
def files(request, tmp_path) -> Iterator[None]:
    with on_disk(tmp_path) if request.param == "disk" else in_a_bucket(versioned="versioned" in request.param):
        yield


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with in_a_bucket(versioned=True) as made:
        yield made


@pytest.fixture
def bob(cast: Cast, univ, settings, tmp_path) -> Iterator[User]:
    settings.MAIL_FOLDER, settings.ERASURE_LIST = tmp_path / "mail", str(tmp_path / "erasures.jsonl")
    with zone_context(univ):
        yield cast.bob


def put(name: str, content: bytes) -> None:
    default_storage.save(name, ContentFile(content))


def test_a_persons_files_are_given_out_and_erased_and_others_stay(bob: User, files, cast: Cast, college) -> None:
    put(f"users/{bob.pk}/profile.jpg", b"a picture")
    put(f"users/{cast.otto.pk}/profile.jpg", b"another picture")
    # Across two chunks, and in the writing of a mail that was uploaded.
    put("imports/one.csv", b"x" * (CHUNK - 5) + b"bob@example.com,4")
    put("imports/two.csv", b"Ym9iQGV4\r\nYW1wbGUuY29t")
    with zone_context(college):
        put(f"users/{bob.pk}/profile.jpg", b"of the same id in another zone")
    packed = zipfile.ZipFile(io.BytesIO(exporting.export_person(person=Operator(), user=bob, reason=REASON)))
    assert packed.read("files/profile.jpg") == b"a picture"
    assert [name for name in packed.namelist() if name.startswith("files/")] == ["files/profile.jpg"]
    subject = subject_of(bob)
    assert [trace.number for trace in scan(subject) if trace.place == "files"] == [3]
    made = erasing.erase_person(person=Operator(), user=bob, reason=REASON)
    assert (made.done["files"], made.is_complete) == (3, True)
    assert [file.name for file in zone_store().every_file()] == [f"users/{cast.otto.pk}/profile.jpg"]
    assert scan(subject) == []
    with zone_context(college):
        assert default_storage.exists(f"users/{bob.pk}/profile.jpg")


def test_no_version_in_a_bucket_knows_the_person(bob: User, bucket: Bucket) -> None:
    def write(key: str, content: bytes) -> None:
        bucket.client.put_object(Bucket=BUCKET, Key=f"univ/{key}", Body=content)

    write(f"users/{bob.pk}/profile.jpg", b"old")
    bucket.client.delete_object(Bucket=BUCKET, Key=f"univ/users/{bob.pk}/profile.jpg")
    bucket.client.create_multipart_upload(Bucket=BUCKET, Key=f"univ/users/{bob.pk}/half.jpg")
    for content in (b"nobody", b"bob@example.com", b"somebody else"):
        write("imports/list.csv", content)
    # What is current goes with its history: else an earlier version would come back.
    for content in (b"a list", b"a list with bob@example.com"):
        write("imports/late.csv", content)
    made = erasing.erase_person(person=Operator(), user=bob, reason=REASON)
    assert (made.done["files"], made.is_complete) == (6, True)
    assert bucket.keys() == ["univ/imports/list.csv"] * 2
    assert bucket.client.get_object(Bucket=BUCKET, Key="univ/imports/list.csv")["Body"].read() == b"somebody else"
    assert "Uploads" not in bucket.client.list_multipart_uploads(Bucket=BUCKET)


def test_while_the_bucket_is_away_nothing_is_erased_and_one_can_ask_again(bob: User, bucket: Bucket, tmp_path) -> None:
    bucket.client.delete_bucket(Bucket=BUCKET)
    subject = subject_of(bob)
    assert any("could not be looked at" in trace.place for trace in scan(subject))
    with pytest.raises(Unavailable, match="NoSuchBucket"):
        erasing.erase_person(person=Operator(), user=bob, reason=REASON)
    with pytest.raises(CommandError, match="NoSuchBucket"):
        call_command("erase_person", bob.email, zone="univ", reason=REASON, confirm=str(bob.pk)[:8])
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("export_person", bob.email, zone="univ", reason=REASON, to=tmp_path / "bob.zip")
    assert not (tmp_path / "bob.zip").exists()
    bob.refresh_from_db()
    assert not is_erased(bob)
    bucket.client.create_bucket(Bucket=BUCKET)
    assert erasing.erase_person(person=Operator(), user=bob, reason=REASON).is_complete

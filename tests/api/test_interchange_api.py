"""Imports and exports by way of the API: the real upload, hostile files, what others may not see."""

import io
import zipfile
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile

from exams.api.interchange import FILES
from exams.models import ContentArea, ImportBatch, Item
from exams.services import interchange
from tests.clients import Upload
from tests.exams.drafts import areas

GIFT = "// [id:one]\n::one:: 1 + 1 = {=2 ~3#no}\n\n// [id:two]\n::two:: What? {1:x}\n"


@pytest.fixture
def alice(in_univ, cast, api_for, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    areas(cast.zoe)
    return api_for(cast.alice)


def sent(client, content: bytes, name: str = "quiz", **given):
    data = {"file": ContentFile(content, name=name), "language": "en", "area": "sums", **given}
    return super(type(client), client).post("/api/v1/imports", data, HTTP_ACCEPT_LANGUAGE="en")


def test_upload_look_confirm_and_look_again(alice):
    made = alice.post("/api/v1/imports", {"file": Upload(GIFT), "language": "en", "area": "sums"})
    assert made.status_code == 201
    body = made.json()
    assert (body["status"], body["format"], body["items_found"], body["items_ready"]) == ("previewed", "gift", 2, 1)
    assert [row["is_importable"] for row in body["items"]] == [True, False]
    assert body["items"][0]["losses"]
    address = f"/api/v1/imports/{body['id']}"
    for strange in ("99", "01", "one"):
        refused = alice.post(f"{address}/confirm", {"actions": {strange: "skip"}})
        assert refused.status_code == 400
        assert strange in refused.content.decode()
    done = alice.post(f"{address}/confirm", {"status": "active", "actions": {"1": "create"}}).json()
    assert (done["status"], done["items_made"]) == ("imported", 1)
    assert alice.post(f"{address}/confirm").json()["items_made"] == 1
    item = Item.objects.get()
    assert alice.get(address).json()["items"][0]["item"] == str(item.pk)
    assert alice.get(f"{address}?page=99").status_code == 200
    assert alice.get(f"{address}?page=x").status_code == 200


def test_another_organization_learns_nothing(alice, cast, api_for):
    batch = alice.post("/api/v1/imports", {"file": Upload(GIFT), "area": "sums"}).json()["id"]
    oscar, bob = api_for(cast.oscar), api_for(cast.bob)
    assert oscar.get(f"/api/v1/imports/{batch}").status_code == 404
    assert oscar.post(f"/api/v1/imports/{batch}/confirm").status_code == 404
    assert bob.get(f"/api/v1/imports/{batch}").status_code == 403
    assert oscar.post("/api/v1/imports", {"file": Upload(GIFT), "organization": str(cast.hana.pk)}).status_code == 404
    assert ImportBatch.objects.count() == 1


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


BOMB = b'<?xml version="1.0"?><!DOCTYPE quiz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><quiz>&b;</quiz>'
FETCH = b'<!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz><question type="essay">&x;</question></quiz>'
HOSTILE = {
    "zip bomb": zipped(imsmanifest=b"0" * 40_000_000),
    "path traversal": zipped(**{"..__..__etc__passwd": b"x", "imsmanifest.xml": b"<manifest/>"}),
    "entity expansion": BOMB,
    "outside entity": FETCH,
    "damaged zip": b"PK\x03\x04" + b"\x00" * 200,
    "empty": b"   \n",
    "binary": bytes(range(256)) * 20,
    "deep": b"<quiz>" + b"<a>" * 5000,
    "other xml": b"<html><body/></html>",
    "words": "그냥 글입니다.".encode(),
    "workbook bomb": zipped(**{"xl__workbook.xml": b" " * 150_000_000}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_and_broken_files_are_refused_in_words(alice, name):
    response = sent(alice, HOSTILE[name])
    if name == "empty":
        # Three spaces are a file; DRF refuses one of no bytes at all.
        assert response.status_code in (201, 400)
    else:
        assert response.status_code == 201
    if response.status_code == 201:
        # What the worker does with a larger one.
        interchange.read_batch(response.json()["id"])
        shown = alice.get(f"/api/v1/imports/{response.json()['id']}").json()
        assert (shown["status"], bool(shown["problem"])) == ("failed", True)
        confirm = alice.post(f"/api/v1/imports/{response.json()['id']}/confirm")
        assert (confirm.status_code, confirm.json()["code"]) == (409, "import_not_ready")
    assert Item.objects.count() == 0


def test_a_request_that_announces_too_much_is_refused_unread(alice, settings):
    settings.LARGEST_IMPORT, settings.UPLOAD_ENVELOPE = 1000, 0
    response = sent(alice, b"x" * 2000)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    assert ImportBatch.objects.count() == 0


def test_a_large_file_waits_for_the_worker_and_stays_out_of_the_process(alice, monkeypatch):
    monkeypatch.setattr(interchange, "READ_AT_ONCE", 100)
    response = sent(alice, (GIFT + "\n" + "// filler\n" * 50).encode())
    assert response.json()["status"] == "uploaded"
    assert alice.post(f"/api/v1/imports/{response.json()['id']}/confirm").status_code == 409
    interchange.read_batch(ImportBatch.objects.get().pk)
    assert alice.get(f"/api/v1/imports/{response.json()['id']}").json()["status"] == "previewed"


def test_exports_are_files_or_reports(alice, cast, api_for):
    batch = alice.post("/api/v1/imports", {"file": Upload(GIFT), "language": "en", "area": "sums"}).json()["id"]
    alice.post(f"/api/v1/imports/{batch}/confirm")
    for form in ("qti", "qti22", "moodle", "gift", "aiken", "csv", "xlsx"):
        response = alice.get(f"/api/v1/exports?format={form}&code=one")
        assert response.status_code == 200, form
        assert "attachment" in response["Content-Disposition"]
        assert response["Content-Type"] in FILES
        assert response.content
    report = alice.get("/api/v1/exports?format=aiken&report=true").json()
    assert report["losses"][0]["item"] == "one"
    assert alice.get("/api/v1/exports?format=docx").status_code == 400
    assert alice.get("/api/v1/exports?code=nothing").status_code == 400
    for others in ("area=sums", "code=one"):
        both = alice.get(f"/api/v1/exports?exam={uuid4()}&{others}")
        assert (both.status_code, list(both.json()["errors"])) == (400, ["exam"])
    assert api_for(cast.oscar).get("/api/v1/exports").status_code == 400
    assert ContentArea.objects.count() == 2

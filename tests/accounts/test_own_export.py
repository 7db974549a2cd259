"""People fetch their own data: with their password, in the background, for a week, and nobody else's."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import tasks
from accounts.models import DataExport, Notice
from accounts.services import own_export
from tests.cast import PASSWORD
from zones.context import zone_context


@pytest.fixture
def packed(cast, in_univ) -> DataExport:
    own_export.ask(user=cast.bob, password=PASSWORD, ip="127.0.0.1")
    assert tasks.pack_exports() == 1
    return DataExport.objects.get()


def test_it_takes_the_password(cast, client_for) -> None:
    browser = client_for(cast.bob)
    browser.post("/profile/export", {"password": "Wrong0!x"})
    with zone_context(cast.bob.home):
        assert not DataExport.objects.exists()
    assert browser.post("/profile/export", {"password": PASSWORD}).status_code == 302
    browser.post("/profile/export", {"password": PASSWORD})
    with zone_context(cast.bob.home):
        assert DataExport.objects.count() == 1


def test_it_is_packed_once_told_and_fetched_by_its_owner_alone(cast, packed, client_for) -> None:
    assert tasks.pack_exports() == 0
    assert Notice.objects.get(user=cast.bob).kind == "export_ready"
    bob = client_for(cast.bob)
    assert f"/profile/export/{packed.pk}" in bob.get("/profile").text
    answer = bob.get(f"/profile/export/{packed.pk}")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/zip", "private, no-store")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert "bob@example.com" in file.read("data.json").decode()
    for other in (cast.otto, cast.alice, cast.zoe, cast.paula):
        assert client_for(other).get(f"/profile/export/{packed.pk}").status_code == 404


def test_a_package_is_encrypted_and_goes_after_a_week(cast, packed) -> None:
    assert "bob" not in str(DataExport.objects.values_list("archive", flat=True).get())
    tasks.sweep()
    assert DataExport.objects.exists()
    DataExport.objects.update(created_at=timezone.now() - timedelta(days=8))
    tasks.sweep()
    assert not DataExport.objects.exists()

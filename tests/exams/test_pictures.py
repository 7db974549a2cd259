"""Pictures from outside: told by their content, kept without what nobody sees."""

from dataclasses import replace
from io import BytesIO

import pytest
from django.utils.translation import override
from PIL import Image, PngImagePlugin

from exams import pictures
from exams.item_problems import item_problems
from exams.pictures import cleaned, kind_of
from exams.services.bank import create_item, new_version
from tests.exams.drafts import areas, item_draft, with_text

SECRET = b"37.5665 N, 126.9780 E"


def picture(kind: str, *, told: bool = False, size: tuple[int, int] = (40, 20), frames: int = 1) -> bytes:
    out = BytesIO()
    made = [Image.linear_gradient("L").resize(size).convert("RGB").rotate(90 * turn) for turn in range(frames)]
    options: dict = {"save_all": True, "append_images": made[1:], "duration": 80} if frames > 1 else {}
    if told and kind in ("JPEG", "WEBP"):
        exif = Image.Exif()
        exif[0x010E], exif[0x0112] = SECRET.decode(), 6
        options["exif"] = exif
    if told and kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Comment", SECRET.decode())
    if told and kind == "GIF":
        options["comment"] = SECRET
    made[0].save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", pictures.KINDS)
def test_metadata_is_taken_off_and_the_picture_stays(kind):
    content = picture(kind, told=True)
    assert SECRET in content
    clean = cleaned(content)
    assert SECRET not in clean
    assert kind_of(clean) == kind
    assert cleaned(clean) == clean
    with Image.open(BytesIO(clean)) as seen:
        # A photograph that was held upright is shown upright.
        assert seen.size == ((20, 40) if kind in ("JPEG", "WEBP") else (40, 20))


@pytest.mark.parametrize("kind", pictures.KINDS)
def test_what_is_behind_the_end_is_cut_off(kind):
    script = b"<script>alert(1)</script>"
    clean = cleaned(picture(kind) + script)
    assert script not in clean
    assert cleaned(clean) == clean


@pytest.mark.parametrize("kind", pictures.KINDS)
def test_a_picture_without_secrets_stays_as_it_came(kind):
    content = picture(kind)
    assert cleaned(content) == content


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_what_moves_goes_on_moving(kind):
    clean = cleaned(picture(kind, frames=3) + b"x")
    with Image.open(BytesIO(clean)) as seen:
        seen.load()
        assert (seen.n_frames, seen.info["duration"]) == (3, 80)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a<script>alert(1)</script>",
        b"%PDF-1.7",
        b"<!doctype html><script>alert(1)</script>",
        picture("PNG")[:-20],
    ],
)
def test_what_is_no_picture_is_refused(content):
    assert kind_of(content) is None
    with pytest.raises(ValueError, match="no picture"):
        cleaned(content)


def test_a_bomb_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(pictures, "MOST_PIXELS", 1_000)
    assert kind_of(picture("PNG", size=(32, 32))) is None
    assert kind_of(picture("GIF", size=(20, 20), frames=3)) is None
    assert kind_of(picture("PNG", size=(30, 30))) == "PNG"


def test_a_name_that_says_another_kind_is_told():
    shown = with_text(item_draft(), stem="![a plot](asset:plot.png)")
    with override("en"):
        (problem,) = item_problems(replace(shown, assets={"plot.png": picture("GIF")}))
        assert "another kind (GIF)" in problem
        assert item_problems(replace(shown, assets={"plot.png": picture("PNG")})) == []


def test_an_item_keeps_the_clean_picture_and_knows_the_other_again(in_univ, cast):
    shown = with_text(item_draft(), stem="![a plot](asset:plot.jpg)")
    draft = replace(shown, assets={"plot.jpg": picture("JPEG", told=True)})
    item = create_item(person=cast.zoe, code="plot", area=areas(cast.zoe)["sums"], draft=draft)
    stored = item.current.assets.get().file.read()
    assert SECRET not in stored
    assert new_version(person=cast.zoe, item=item, draft=draft).number == 1

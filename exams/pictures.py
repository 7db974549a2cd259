"""Pictures from outside: what they are is told by their content, and they are kept without what nobody sees.

Photographs tell where and by whom they were taken (Exif, XMP, comments), and a file may be a picture and something else
besides. SVG is none of the kinds: it can carry scripts.
"""

import struct
from io import BytesIO

from PIL import Image, ImageOps, ImageSequence

# The endings of names for each kind that items show.
KINDS = {"PNG": ("png",), "JPEG": ("jpg", "jpeg"), "WEBP": ("webp",), "GIF": ("gif",)}
# Of all frames together: more than a photograph of 2 MB has, less than what a bomb of a few bytes unpacks to.
MOST_PIXELS = 50_000_000
TOLD = frozenset({"exif", "xmp", "XML:com.adobe.xmp", "photoshop", "comment"})
QUALITY = 92


def kind_of(content: bytes) -> str | None:
    """`PNG`, `JPEG`, `WEBP` or `GIF`; None for anything else, for what is damaged and for what is too large."""
    try:
        with Image.open(BytesIO(content), formats=list(KINDS)) as picture:
            kind = picture.format or ""
            if picture.width * picture.height * getattr(picture, "n_frames", 1) > MOST_PIXELS:
                return None
            picture.verify()
    except Exception:
        # Pillow raises errors of many classes on broken files.
        return None
    return kind


def is_named_rightly(name: str, kind: str) -> bool:
    return name.rpartition(".")[2].lower() in KINDS[kind]


def cleaned(content: bytes) -> bytes:
    """The same picture without metadata and without anything behind its end; as it came when it has neither.

    A photograph is turned as its metadata said. Twice cleaned is once cleaned. Raises ValueError for no picture.
    """
    kind = kind_of(content)
    if kind is None:
        raise ValueError("This is no picture that can be kept.")
    with Image.open(BytesIO(content), formats=[kind]) as picture:
        if _ends_properly(kind, content) and not TOLD & set(picture.info) and not getattr(picture, "text", None):
            return content
        return _written(picture, kind)


def _ends_properly(kind: str, content: bytes) -> bool:
    if kind == "WEBP":
        # RIFF: four letters, the length of what follows, padded to an even one.
        (length,) = struct.unpack_from("<L", content, 4)
        return len(content) == 8 + length + length % 2
    end = {"PNG": b"IEND\xaeB`\x82", "JPEG": b"\xff\xd9", "GIF": b";"}[kind]
    return content.endswith(end)


def _written(picture: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    if getattr(picture, "n_frames", 1) > 1:
        shown = [frame.copy() for frame in ImageSequence.Iterator(picture)]
        times = [frame.info.get("duration", 100) for frame in shown]
        for frame in shown:
            _forget(frame)
        again = picture.info.get("loop", 0)
        shown[0].save(out, kind, save_all=True, append_images=shown[1:], duration=times, loop=again)
        return out.getvalue()
    turned = ImageOps.exif_transpose(picture)
    _forget(turned)
    options = {"JPEG": {"quality": QUALITY}, "WEBP": {"quality": QUALITY}}.get(kind, {})
    turned.save(out, kind, **options)
    return out.getvalue()


def _forget(picture: Image.Image) -> None:
    # Colours stay what they were: profile, transparency and gamma are about what is seen.
    for name in TOLD & set(picture.info):
        del picture.info[name]

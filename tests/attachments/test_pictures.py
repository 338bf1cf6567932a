"""A picture is drawn again: its pixels remain, and nothing else."""

import io
import struct
import warnings
import zlib
from typing import Any

import pytest
from PIL import Image, ImageOps

from flowpilot.attachments import pictures
from flowpilot.attachments.kinds import JPEG, PNG, WEBP, AttachmentRefusedError, Kind
from flowpilot.attachments.pictures import draw_again
from flowpilot.attachments.preparing import prepare_file
from tests.attachments.files import PLACE, photo, picture


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_a_photo_loses_where_it_was_taken_and_is_turned_upright() -> None:
    sent = photo()
    assert PLACE.encode() in sent
    assert opened(sent).size == (40, 20)
    kept = draw_again(io.BytesIO(sent))
    assert (kept.width, kept.height) == opened(kept.content).size == (20, 40)
    assert not opened(kept.content).getexif()
    assert PLACE.encode() not in kept.content + kept.thumbnail
    # The red half, left before, is on top now.
    red, _, blue = opened(kept.content).convert("RGB").crop((10, 5, 11, 6)).tobytes()
    assert (red > 200, blue < 50) == (True, True)


@pytest.mark.parametrize(
    ("sent", "kind"), [("PNG", PNG), ("JPEG", JPEG), ("WEBP", WEBP), ("GIF", PNG)], ids=lambda one: str(one)[:4]
)
def test_a_picture_stays_what_it_was_except_that_nothing_moves(sent: str, kind: Kind) -> None:
    other = Image.new("RGB", (40, 20), "green")
    moving: dict[str, Any] = {"save_all": True, "append_images": [other]} if sent == "GIF" else {}
    kept = draw_again(io.BytesIO(picture(sent, **moving)))
    assert kept.kind == kind
    assert getattr(opened(kept.content), "n_frames", 1) == 1


def test_words_and_colour_profiles_of_a_picture_are_left_out() -> None:
    kept = draw_again(io.BytesIO(picture(icc_profile=PLACE.encode(), exif=Image.Exif())))
    assert set(opened(kept.content).info) == set()


# What each kind of file can be written in.
_WAYS = {"PNG": ("1", "L", "LA", "P", "RGBA", "I;16"), "JPEG": ("1", "L", "CMYK"), "WEBP": ("L", "P", "RGBA")}


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in _WAYS.items() for mode in modes])
def test_every_way_of_writing_colours_can_be_kept(kind: str, mode: str) -> None:
    written = io.BytesIO()
    Image.new(mode, (8, 8)).save(written, kind)
    assert draw_again(written).width == 8


def test_a_thumbnail_is_small_and_keeps_its_shape() -> None:
    kept = draw_again(io.BytesIO(picture(size=(1440, 720))))
    assert opened(kept.thumbnail).size == (360, 180)
    assert opened(kept.thumbnail).format == "WEBP"


def test_a_bomb_is_refused_by_its_header_alone() -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    for side in (8_000, 60_000):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(10))) + chunk(b"IEND", b"")
        with pytest.raises(AttachmentRefusedError, match="more than 50 million pixels"):
            draw_again(io.BytesIO(bomb))


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_damaged_picture_is_refused_in_words(kind: str, share: float) -> None:
    whole = picture(kind, (200, 200))
    with pytest.raises(AttachmentRefusedError, match="damaged"):
        draw_again(io.BytesIO(whole[: int(len(whole) * share)]))


def _claiming(width: int) -> bytes:
    """A moving picture in WebP whose header claims a width that no WebP can have."""
    written = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(written, "WEBP", save_all=True, append_images=frames[1:])
    content = bytearray(written.getvalue())
    at = content.index(b"VP8X") + 12
    content[at : at + 3] = (width - 1).to_bytes(3, "little")
    return bytes(content)


@pytest.mark.parametrize("content", [_claiming(17_000), _claiming(16_384)], ids=["wide", "at the limit"])
def test_a_picture_that_is_read_and_cannot_be_written_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(AttachmentRefusedError, match="damaged"):
        draw_again(io.BytesIO(content))


@pytest.mark.parametrize("stage", ["exif_transpose", "_only_pixels", "_saved", "_thumbnail"])
@pytest.mark.parametrize("error", [struct.error, zlib.error, RuntimeError, AttributeError, EOFError, KeyError])
def test_damage_is_refused_in_words_wherever_it_is_found(
    monkeypatch: pytest.MonkeyPatch, stage: str, error: type[Exception]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(ImageOps if stage == "exif_transpose" else pictures, stage, fail)
    with pytest.raises(AttachmentRefusedError, match="damaged"):
        draw_again(io.BytesIO(picture()))


def test_a_line_of_pixels_is_refused_by_its_header_alone() -> None:
    written = io.BytesIO()
    Image.new("1", (1, 30_001)).save(written, "PNG")
    with pytest.raises(AttachmentRefusedError, match="longer than 30,000 pixels"):
        draw_again(written)


def test_what_hides_in_a_picture_is_gone() -> None:
    kept = draw_again(io.BytesIO(picture() + b"<script>alert(1)</script>"))
    assert b"script" not in kept.content


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "empty"), (b"a" * 1_000_001, "larger than 1 MB, which is the most")]
)
def test_a_file_is_neither_empty_nor_too_large(content: bytes, said: str) -> None:
    with pytest.raises(AttachmentRefusedError, match=said):
        prepare_file(io.BytesIO(content), "a.log", 1_000_000)


def test_of_a_picture_that_is_too_large_nothing_is_said_in_the_log() -> None:
    written = io.BytesIO()
    Image.new("1", (8000, 8000)).save(written, "PNG")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("default")
        with pytest.raises(AttachmentRefusedError, match="50 million pixels"):
            draw_again(written)
    assert said == []

"""Pictures are drawn again before they are kept, so that nothing but their pixels remains.

What a camera or a program wrote beside the pixels (where, when, by whom) is not for a ticket, and a file that is
a picture and something else at once is only a picture afterwards. Pillow is loaded with the first picture, because
most processes never see one.
"""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from flowpilot.attachments.kinds import JPEG, PNG, WEBP, AttachmentRefusedError, Kind

if TYPE_CHECKING:
    from PIL import Image

# A phone's whole picture has 12 million pixels, or 48 at its best. Each takes up to four bytes of memory.
MAX_PIXELS = 50_000_000
# One of few pixels that is a line takes as long as ten of the largest others.
MAX_SIDE = 30_000
THUMBNAIL_TYPE = "image/webp"

_THUMBNAIL_PIXELS = 360
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
# Damaged files fail in many ways, deep inside of the library's readers; and what was read may not be writable.
_DAMAGE = (
    *(OSError, SyntaxError, ValueError, LookupError, ArithmeticError, EOFError, TypeError, AttributeError),
    *(AssertionError, RuntimeError, struct.error, zlib.error),
)
# In what a picture is kept, by what it came in. Of a moving one, the first picture is kept.
_KEPT: dict[str, tuple[str, Kind, dict[str, Any]]] = {
    "JPEG": ("JPEG", JPEG, {"quality": 85, "optimize": True}),
    "MPO": ("JPEG", JPEG, {"quality": 85, "optimize": True}),
    "WEBP": ("WEBP", WEBP, {"quality": 88}),
    "PNG": ("PNG", PNG, {}),
    "GIF": ("PNG", PNG, {}),
}
_MODES = {
    "JPEG": {"L", "RGB"},
    "WEBP": {"RGB", "RGBA"},
    "PNG": {"1", "L", "LA", "P", "RGB", "RGBA"},
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept. Width and height are in pixels."""

    kind: Kind
    content: bytes
    width: int
    height: int
    thumbnail: bytes


def draw_again(file: BinaryIO) -> Picture:
    """The picture in the file: turned as the camera says, without metadata, and with a small one beside it.

    Raises:
        AttachmentRefusedError: it is damaged, or has more pixels than anybody looks at.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - see above

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    # Such a picture is refused, so nothing has to be said of it in the log.
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    too_large = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    file.seek(0)
    try:
        with Image.open(file, formats=_FORMATS) as opened:
            # The header says the size, so nothing is unpacked that is too large.
            _check_size(opened)
            name, kind, options = _KEPT[opened.format or ""]
            pixels = _only_pixels(ImageOps.exif_transpose(opened), name)
        content, thumbnail = _saved(pixels, name, **options), _thumbnail(pixels)
    except AttachmentRefusedError:
        raise
    except too_large:
        raise _too_many_pixels() from None
    except _DAMAGE:
        raise AttachmentRefusedError("This picture is damaged. Open it, save it again, and send that.") from None
    return Picture(kind, content, pixels.width, pixels.height, thumbnail)


def _check_size(opened: "Image.Image") -> None:
    if opened.width * opened.height > MAX_PIXELS:
        raise _too_many_pixels()
    if max(opened.size) > MAX_SIDE:
        raise AttachmentRefusedError(f"This picture is longer than {MAX_SIDE:,} pixels. Cut it into several.")


def _too_many_pixels() -> AttachmentRefusedError:
    return AttachmentRefusedError(
        f"This picture has more than {MAX_PIXELS // 1_000_000} million pixels. Make it smaller."
    )


def _only_pixels(image: "Image.Image", name: str) -> "Image.Image":
    modes = _MODES[name]
    if image.mode in modes:
        pixels = image.copy()
    else:
        has_alpha = "RGBA" in modes and image.has_transparency_data
        pixels = image.convert("RGBA" if has_alpha else "RGB")
    # Writers copy comments and colour profiles from here. Only the transparent colour is about pixels.
    pixels.info = {key: value for key, value in pixels.info.items() if key == "transparency"}
    return pixels


def _thumbnail(pixels: "Image.Image") -> bytes:
    small = pixels.convert("RGBA" if pixels.has_transparency_data else "RGB")
    small.thumbnail((_THUMBNAIL_PIXELS, _THUMBNAIL_PIXELS))
    return _saved(small, "WEBP", quality=80)


def _saved(image: "Image.Image", name: str, **options: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, name, **options)
    return written.getvalue()

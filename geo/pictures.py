"""Pictures that people hand in, drawn anew: no EXIF, no comment, nothing behind the picture, no other format inside."""
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageFile, ImageOps

PIXELS_AT_MOST = 50_000_000
# A larger picture is kept smaller: what it shows is still seen, and memory stays bounded.
SIDE_AT_MOST = 4000
JPEG, PNG = "image/jpeg", "image/png"


class NoPicture(ValueError):
    """Not a whole JPEG or PNG."""


class PictureTooLarge(ValueError):
    """More pixels than PIXELS_AT_MOST; the header alone tells."""


_alone = threading.Lock()


@contextmanager
def _whole_pictures_only() -> Iterator[None]:
    """WeasyPrint lets Pillow take truncated pictures, for the whole process; what is handed in must be whole."""
    with _alone:
        kept, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = kept


def redrawn(content: bytes) -> tuple[str, bytes]:
    """Media type and bytes of the copy that may be shown. Raises NoPicture, PictureTooLarge."""
    try:
        with _whole_pictures_only(), Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
            if picture.width * picture.height > PIXELS_AT_MOST:
                raise PictureTooLarge
            kind = picture.format
            picture.thumbnail((SIDE_AT_MOST, SIDE_AT_MOST))
            upright = ImageOps.exif_transpose(picture).convert("RGB" if kind == "JPEG" else "RGBA")
    except Image.DecompressionBombError as bomb:
        raise PictureTooLarge from bomb
    except PictureTooLarge:
        raise
    except (OSError, ValueError, SyntaxError) as wrong:
        raise NoPicture from wrong
    drawn = Image.new(upright.mode, upright.size)
    drawn.paste(upright)
    out = io.BytesIO()
    drawn.save(out, kind, **({"quality": 88} if kind == "JPEG" else {"optimize": False}))
    return (JPEG if kind == "JPEG" else PNG), out.getvalue()

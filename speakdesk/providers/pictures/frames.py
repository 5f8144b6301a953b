"""Pictures from strangers made safe: decoded within bounds, cropped, written anew.

What comes out holds pixels only: no place, no name, no further chunks. Everything here blocks for
some tens of milliseconds: call it in a thread.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.picture import JPEG, PNG, WEBP, Box, Picture, kind_of

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_BYTES = 20_000_000
LARGEST_PIXELS = 40_000_000
SMALLEST_SIDE = 32
LARGEST_SIDE = 1024
CAMERA = (1280, 720)

_FORMATS = {PNG: "PNG", JPEG: "JPEG", WEBP: "WEBP"}
_NAMES = {PNG: "PNG", JPEG: "JPEG", WEBP: "WebP"}


def check_picture(data: bytes, box: Box | None = None) -> Picture:
    """The picture in these bytes, or the part of it in `box`, at most 1024 pixels a side.

    PNG, JPEG and WebP are taken; what comes out is PNG where it is see-through or was PNG, else
    JPEG, which every provider takes. Raises PersonaError that says what is wrong.
    """
    with _opened(data) as source:
        image = _upright(source)
        if box is not None:
            image = _cropped(image, box)
        _check_side(image)
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
        return _written(image, as_png=kind_of(data) == PNG or _is_see_through(image))


def as_png(data: bytes) -> Picture:
    """The picture as PNG, at most 1024 pixels a side. Raises PersonaError as `check_picture`."""
    with _opened(data) as source:
        image = _upright(source)
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
        return _written(image, as_png=True)


def square_box(width: int, height: int) -> Box:
    """The largest square in the middle of a picture, a little above it where it is upright."""
    side = min(width, height)
    return Box((width - side) // 2, (height - side) // 4, side, side)


def for_camera(picture: Picture) -> Picture:
    """The picture as a bot's camera shows it: whole, on 16:9 ground of its own edge's colour.

    Meetings want 16:9 (contracts/meetingbaas.md §1, `bot_image`) and would cut a square one.
    """
    from PIL import Image

    with _opened(picture.data) as source:
        image = _upright(source)
        image.thumbnail(CAMERA)
        solid = _without_transparency(image)
        edge = solid.crop((0, 0, 1, solid.height)).resize((1, 1), Image.Resampling.BOX)
        canvas = edge.resize(CAMERA)
        left, top = (CAMERA[0] - solid.width) // 2, (CAMERA[1] - solid.height) // 2
        canvas.paste(solid, (left, top))
        return _written(canvas, as_png=False)


def _opened(data: bytes) -> Image:
    from PIL import Image, UnidentifiedImageError

    if not data:
        raise _wrong("The picture is empty.", "Choose another file.")
    if len(data) > LARGEST_BYTES:
        raise _wrong(
            f"The picture has {len(data) / 1e6:.0f} MB, which is too much.",
            f"Choose one with at most {LARGEST_BYTES // 1_000_000} MB.",
        )
    kind = kind_of(data)
    if not kind:
        raise _wrong(
            "This is no picture SpeakDesk can use.",
            "Choose a PNG, JPEG or WebP file.",
            reason=Reason.UNSUPPORTED,
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image: Image.Image = Image.open(io.BytesIO(data), formats=[_FORMATS[kind]])
            if image.width * image.height > LARGEST_PIXELS:
                raise _wrong(
                    f"The picture has {image.width} by {image.height} pixels, which is too many.",
                    "Choose one with at most 6000 by 6000.",
                )
            if getattr(image, "n_frames", 1) > 1:
                image.seek(0)
            image.load()
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        IndexError,
        Image.DecompressionBombError,
    ) as e:
        raise _wrong(
            f"The {_NAMES[kind]} file is damaged or not complete.",
            "Choose another file, or save the picture again and retry.",
            f"{type(e).__name__}: {e}"[:200],
        ) from e
    return image


def _upright(image: Image) -> Image:
    """As it is meant to be seen, in a mode that can be cropped and written."""
    from PIL import ImageOps

    turned = ImageOps.exif_transpose(image) or image
    return turned.convert("RGBA" if _is_see_through(turned) else "RGB")


def _is_see_through(image: Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info


def _without_transparency(image: Image) -> Image:
    from PIL import Image as Images

    if image.mode != "RGBA":
        return image.convert("RGB")
    white = Images.new("RGB", image.size, (255, 255, 255))
    white.paste(image, mask=image.getchannel("A"))
    return white


def _cropped(image: Image, box: Box) -> Image:
    right, bottom = box.left + box.width, box.top + box.height
    is_inside = box.left >= 0 and box.top >= 0 and right <= image.width and bottom <= image.height
    if box.width <= 0 or box.height <= 0 or not is_inside:
        raise _wrong(
            f"The chosen part does not lie inside the picture ({image.width} by {image.height}).",
            "Choose a part inside it.",
        )
    return image.crop((box.left, box.top, right, bottom))


def _check_side(image: Image) -> None:
    if min(image.size) < SMALLEST_SIDE:
        raise _wrong(
            f"The picture has only {image.width} by {image.height} pixels.",
            f"Choose one with at least {SMALLEST_SIDE} by {SMALLEST_SIDE}.",
        )


def _written(image: Image, *, as_png: bool) -> Picture:
    # A fresh copy of the pixels: what else the file held stays behind.
    image.info = {}
    out = io.BytesIO()
    if as_png:
        image.save(out, "PNG", optimize=False)
        return Picture(out.getvalue(), PNG, image.width, image.height)
    _without_transparency(image).save(out, "JPEG", quality=90)
    return Picture(out.getvalue(), JPEG, image.width, image.height)


def _wrong(
    sentence: str, next_step: str, words: str = "", reason: Reason = Reason.BAD_INPUT
) -> PersonaError:
    return PersonaError(Problem(Stage.PERSONA, reason, sentence, next_step, words))

"""A persona's picture: its kind and size, read from the bytes themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

PNG = "image/png"
JPEG = "image/jpeg"
WEBP = "image/webp"

ENDINGS = {PNG: ".png", JPEG: ".jpg", WEBP: ".webp"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was decoded without fault. `media_type` is image/png or image/jpeg."""

    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int

    @property
    def ending(self) -> str:
        """The file name's ending, with its dot."""
        return ENDINGS[self.media_type]


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture, in its own pixels, from the top left."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PictureProgress:
    """How far a picture is: a sentence for a person, and 0..1 or None where that is unknown."""

    sentence: str
    fraction: float | None = None


def kind_of(data: bytes) -> str:
    """The media type the first bytes tell; empty for anything else than PNG, JPEG and WebP."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    return ""


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """Where a provider fetches a bot's picture: a web address, or a path of our own public one."""

    address: str = ""
    path: str = ""

    def under(self, public_base: str) -> str:
        """The address, where our own public one is `public_base`; empty where there is none."""
        return self.address or (f"{public_base.rstrip('/')}{self.path}" if self.path else "")

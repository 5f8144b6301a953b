"""Pictures from strangers: real ones of each kind, and a malformed one of each kind."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from speakdesk.domain.errors import PersonaError, Reason
from speakdesk.domain.picture import JPEG, PNG, Box, kind_of
from speakdesk.providers.pictures import frames
from speakdesk.providers.pictures.frames import check_picture, for_camera, square_box


def image_bytes(kind: str, size: tuple[int, int] = (200, 120), mode: str = "RGB") -> bytes:
    image = Image.new(mode, size, (200, 30, 30, 128) if mode == "RGBA" else (200, 30, 30))
    image.paste((20, 60, 220), (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", PNG), ("JPEG", JPEG), ("WEBP", JPEG)])
def test_takes_a_real_picture_of_each_kind(kind: str, media_type: str) -> None:
    picture = check_picture(image_bytes(kind))
    assert (picture.media_type, picture.width, picture.height) == (media_type, 200, 120)
    assert kind_of(picture.data) == media_type
    assert opened(picture.data).size == (200, 120)


def test_a_see_through_webp_becomes_png() -> None:
    assert check_picture(image_bytes("WEBP", mode="RGBA")).media_type == PNG


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_that_breaks_off_is_told_as_damaged(kind: str) -> None:
    whole = image_bytes(kind, (400, 400))
    with pytest.raises(PersonaError, match="damaged or not complete") as caught:
        check_picture(whole[: len(whole) // 2])
    assert caught.value.problem.next_step


@pytest.mark.parametrize(
    "head", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\x20\x00\x00\x00WEBPVP8 "]
)
def test_rubbish_behind_the_right_beginning_is_damaged(head: bytes) -> None:
    with pytest.raises(PersonaError, match="damaged"):
        check_picture(head + bytes(range(256)) * 4)


@pytest.mark.parametrize(
    "data", [b"GIF89a" + b"\0" * 40, b"<svg xmlns='x'/>", b"%PDF-1.7", b"MZ" + b"\0" * 80]
)
def test_other_kinds_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(PersonaError, match="PNG, JPEG or WebP") as caught:
        check_picture(data)
    assert caught.value.problem.reason is Reason.UNSUPPORTED


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(PersonaError, match="empty"):
        check_picture(b"")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        check = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    with pytest.raises(PersonaError):
        check_picture(bomb)


def test_too_many_pixels_are_told_in_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "LARGEST_PIXELS", 10_000)
    with pytest.raises(PersonaError, match="200 by 120 pixels"):
        check_picture(image_bytes("PNG"))


def test_too_many_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "LARGEST_BYTES", 100)
    with pytest.raises(PersonaError, match="too much"):
        check_picture(image_bytes("PNG"))


def test_a_speck_is_refused() -> None:
    with pytest.raises(PersonaError, match="only 8 by 8"):
        check_picture(image_bytes("PNG", (8, 8)))


def test_a_large_one_is_made_smaller_in_proportion() -> None:
    picture = check_picture(image_bytes("JPEG", (3000, 1500)))
    assert (picture.width, picture.height) == (1024, 512)


def test_crops_the_part_that_was_chosen() -> None:
    picture = check_picture(image_bytes("PNG"), Box(100, 0, 100, 120))
    assert (picture.width, picture.height) == (100, 120)
    assert opened(picture.data).getpixel((0, 0)) == (200, 30, 30)


@pytest.mark.parametrize(
    "box", [Box(-1, 0, 50, 50), Box(0, 0, 0, 50), Box(150, 0, 100, 50), Box(0, 100, 50, 50)]
)
def test_a_part_outside_the_picture_is_refused(box: Box) -> None:
    with pytest.raises(PersonaError, match="does not lie inside"):
        check_picture(image_bytes("PNG"), box)


def test_what_a_photo_tells_of_its_place_is_left_behind_and_it_stands_upright() -> None:
    image = Image.new("RGB", (200, 100), (10, 200, 10))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Somebody's camera"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    picture = check_picture(out.getvalue())
    assert (picture.width, picture.height) == (100, 200)
    assert b"Somebody" not in picture.data
    assert not dict(opened(picture.data).getexif())


@pytest.mark.parametrize("size", [(512, 512), (600, 1000), (1280, 720), (64, 48)])
def test_the_camera_shows_the_whole_picture_on_its_own_ground(size: tuple[int, int]) -> None:
    shown = for_camera(check_picture(image_bytes("PNG", size)))
    assert (shown.media_type, shown.width, shown.height) == (JPEG, 1280, 720)
    red, _green, blue = opened(shown.data).convert("RGB").getpixel((2, 360))  # type: ignore[misc]
    assert blue > 180
    assert red < 60


def test_the_square_lies_in_the_middle() -> None:
    assert square_box(300, 200) == Box(50, 0, 200, 200)
    assert square_box(200, 300) == Box(0, 25, 200, 200)

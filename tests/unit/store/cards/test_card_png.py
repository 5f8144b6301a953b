"""PNG files read chunk by chunk: whole ones keep their pixels, damaged ones are told."""

from __future__ import annotations

import base64
import contextlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speakdesk.domain.errors import PersonaError
from speakdesk.store.cards import png
from speakdesk.store.cards.png import (
    SIGNATURE,
    plain_png,
    read_chunks,
    texts,
    with_texts,
    without_texts,
)


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def spliced(*added: bytes) -> bytes:
    """A whole picture with these chunks before its end."""
    whole = plain_png(8)
    return whole[:-12] + b"".join(added) + whole[-12:]


def test_what_is_written_is_a_picture_with_its_texts() -> None:
    from PIL import Image

    made = with_texts(read_chunks(plain_png(16)), {"chara": b"e30=", "ccv3": b"e30="})
    with Image.open(io.BytesIO(made)) as image:
        image.load()
        assert (image.size, image.format) == ((16, 16), "PNG")
        assert image.text["chara"] == "e30="
    assert texts(read_chunks(made)) == {"chara": b"e30=", "ccv3": b"e30="}
    assert without_texts(read_chunks(made)) == plain_png(16)


def test_texts_are_read_however_they_are_packed() -> None:
    packed = zlib.compress(b"packed")
    made = spliced(
        chunk(b"tEXt", b"Chara\0plain"),
        chunk(b"zTXt", b"ccv3\0\0" + packed),
        chunk(b"iTXt", b"one\0\1\0en\0\0" + packed),
        chunk(b"iTXt", b"two\0\0\0\0\0" + "übrig".encode()),
        chunk(b"iTXt", b"three\0\0"),
        chunk(b"tEXt", b"chara\0second"),
    )
    found = texts(read_chunks(made))
    assert found == {
        "chara": b"plain",
        "ccv3": b"packed",
        "one": b"packed",
        "two": "übrig".encode(),
    }


def test_what_stands_after_the_end_is_dropped() -> None:
    made = plain_png(8) + b"PK\x03\x04 a stowaway"
    assert without_texts(read_chunks(made)) == plain_png(8)


HEADER = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
END = chunk(b"IEND", b"")
PIXELS = chunk(b"IDAT", zlib.compress(bytes(200)))
DAMAGED = {
    "empty": b"",
    "no picture": b"GIF89a",
    "signature only": SIGNATURE,
    "cut": plain_png(8)[:-13],
    "no header": SIGNATURE + PIXELS + END,
    "short header": SIGNATURE + chunk(b"IHDR", b"\0\0\0\1") + PIXELS + END,
    "no pixels": SIGNATURE + HEADER + END,
    "no width": SIGNATURE + chunk(b"IHDR", bytes(13)) + PIXELS + END,
    "huge": SIGNATURE + chunk(b"IHDR", b"\x7f\xff\xff\xff" * 2 + bytes(5)) + PIXELS + END,
    "checksum": SIGNATURE + HEADER[:-1] + b"\0" + PIXELS + END,
    "length": SIGNATURE + b"\xff\xff\xff\xf0IHDR" + bytes(40),
    "kind": SIGNATURE + chunk(b"\0\0\0\0", b"") + HEADER + PIXELS + END,
    "no end": SIGNATURE + HEADER + PIXELS,
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_picture_is_refused_in_words(name: str) -> None:
    with pytest.raises(PersonaError) as raised:
        read_chunks(DAMAGED[name])
    assert raised.value.problem.sentence.endswith(".")
    assert raised.value.problem.next_step


def test_a_text_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "_LARGEST_TEXT_BYTES", 1000)
    trap = zlib.compress(bytes(100_000))
    for made in (chunk(b"zTXt", b"chara\0\0" + trap), chunk(b"iTXt", b"chara\0\1\0\0\0" + trap)):
        with pytest.raises(PersonaError, match="unpacks to too much"):
            texts(read_chunks(spliced(made)))
    with pytest.raises(PersonaError, match="cannot be unpacked"):
        texts(read_chunks(spliced(chunk(b"zTXt", b"chara\0\0not packed"))))


def test_too_many_parts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "_MOST_CHUNKS", 5)
    with pytest.raises(PersonaError, match="too many parts"):
        read_chunks(spliced(*[chunk(b"tEXt", b"a\0b")] * 5))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_any_bytes_are_read_or_refused(noise: bytes, at: int) -> None:
    whole = with_texts(read_chunks(plain_png(4)), {"chara": base64.b64encode(noise)})
    for data in (SIGNATURE + noise, whole[:at] + noise + whole[at + len(noise) :]):
        # Nothing but a refusal in words may come out of it.
        with contextlib.suppress(PersonaError):
            texts(read_chunks(data))

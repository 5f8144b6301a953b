"""PNG files chunk by chunk: the text in them, without decoding a pixel (PNG, W3C, §5 and §11.3).

Only what a card needs. Chunk lengths, counts and inflated sizes are bounded; checksums are checked.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from speakdesk.store.cards.limits import (
    LARGEST_JSON_BYTES,
    LARGEST_MEMBER_BYTES,
    megabytes,
    refused,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 20_000
_LARGEST_SIDE = 16_384
# Base64 takes a third more than the JSON in it.
_LARGEST_TEXT_BYTES = LARGEST_JSON_BYTES * 4 // 3 + 4
# What is written about a picture rather than seen in it is not handed on.
_TALK = (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its four-letter kind and its content."""

    kind: bytes
    content: bytes


def is_png(data: bytes) -> bool:
    """True where the file begins as a PNG does."""
    return data.startswith(SIGNATURE)


def read_chunks(data: bytes) -> tuple[Chunk, ...]:
    """All chunks up to the end mark. Raises PersonaError for a file that is no whole PNG."""
    if len(data) > LARGEST_MEMBER_BYTES:
        raise refused(f"The picture is larger than {megabytes(LARGEST_MEMBER_BYTES)}.")
    if not is_png(data):
        raise refused("This is no PNG picture.")
    chunks = tuple(_chunks(data))
    if chunks[0].kind != b"IHDR" or len(chunks[0].content) != 13:
        raise refused("The picture is damaged: it does not begin with its size.")
    width, height = struct.unpack(">II", chunks[0].content[:8])
    if not (0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE):
        raise refused(f"The picture says that it has {width} x {height} pixels, which is too many.")
    if not any(chunk.kind == b"IDAT" for chunk in chunks):
        raise refused("The picture is damaged: it holds no pixels.")
    return chunks


def _chunks(data: bytes) -> Iterator[Chunk]:
    at = len(SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        head = data[at : at + 8]
        if len(head) < 8:
            raise refused("The picture is damaged: it ends too early.")
        length, kind = struct.unpack(">I4s", head)
        content = data[at + 8 : at + 8 + length]
        checksum = data[at + 8 + length : at + 12 + length]
        if len(content) != length or len(checksum) != 4:
            raise refused("The picture is damaged: it ends too early.")
        if not kind.isalpha():
            raise refused("The picture is damaged: one of its parts has no name.")
        if zlib.crc32(kind + content) != struct.unpack(">I", checksum)[0]:
            raise refused(
                f"The picture is damaged: the checksum of its part {kind.decode('ascii')} is wrong."
            )
        yield Chunk(kind, content)
        if kind == b"IEND":
            return
        at += 12 + length
    raise refused("The picture has too many parts.")


def texts(chunks: tuple[Chunk, ...]) -> Mapping[str, bytes]:
    """The texts by keyword, as bytes; the first of a keyword counts. Raises PersonaError."""
    found: dict[str, bytes] = {}
    for chunk in chunks:
        if chunk.kind in (b"tEXt", b"zTXt", b"iTXt"):
            keyword, _, rest = chunk.content.partition(b"\0")
            content = _content(chunk.kind, rest)
            if content is not None:
                found.setdefault(keyword.decode("latin-1").lower(), content)
    return found


def _content(kind: bytes, rest: bytes) -> bytes | None:
    if kind == b"tEXt":
        return rest
    if kind == b"zTXt":
        return _inflated(rest[1:])
    # iTXt: compression flag, method, language tag, translated keyword, text
    is_compressed = rest[:1] == b"\1"
    parts = rest[2:].split(b"\0", 2)
    if len(parts) != 3:
        return None
    return _inflated(parts[2]) if is_compressed else parts[2]


def _inflated(packed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(packed, _LARGEST_TEXT_BYTES)
    except zlib.error as e:
        raise refused("The picture is damaged: a text in it cannot be unpacked.") from e
    if inflater.unconsumed_tail:
        raise refused("A text in the picture unpacks to too much.")
    return content


def without_texts(chunks: tuple[Chunk, ...]) -> bytes:
    """The same picture, with nothing in it but the picture."""
    return _file(chunk for chunk in chunks if chunk.kind not in _TALK)


def with_texts(chunks: tuple[Chunk, ...], added: Mapping[str, bytes]) -> bytes:
    """The same picture with these texts (keyword to Latin-1 bytes) and no others."""
    kept = [chunk for chunk in chunks if chunk.kind not in _TALK]
    new = [Chunk(b"tEXt", name.encode("latin-1") + b"\0" + text) for name, text in added.items()]
    return _file([*kept[:-1], *new, kept[-1]])


def plain_png(side: int = 512, colour: tuple[int, int, int] = (47, 111, 237)) -> bytes:
    """A square of one colour: the picture of a card whose persona has none."""
    row = b"\0" + bytes(colour) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pixels = zlib.compress(row * side, 9)
    return _file([Chunk(b"IHDR", header), Chunk(b"IDAT", pixels), Chunk(b"IEND", b"")])


def _file(chunks: Iterable[Chunk]) -> bytes:
    parts = [SIGNATURE]
    for chunk in chunks:
        parts.append(struct.pack(">I", len(chunk.content)) + chunk.kind + chunk.content)
        parts.append(struct.pack(">I", zlib.crc32(chunk.kind + chunk.content)))
    return b"".join(parts)

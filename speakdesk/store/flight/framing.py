"""The file's outer shape: a preamble and frames that are whole or worth nothing.

The layout is at the top of `protobufs/speakdesk.proto`. A frame's own header is checked by itself,
so that a file can be walked through without reading what the frames hold.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from speakdesk.store.flight.coding import Encoded, Unreadable, decode
from speakdesk.store.flight.format import FORMAT_MAJOR, FORMAT_MINOR, Record

MAGIC = b"\x89SPDK\r\n\x1a"
MARKER = b"\xf1\xa7\x5d\x0d"
PREAMBLE_BYTES = 16
FRAME_BYTES = 36
LARGEST_PAYLOAD = 64 * 1024 * 1024

# Nanoseconds do not survive the way through a float to the last digit.
_SAME_S = 1e-6

_PREAMBLE = struct.Struct("<8sHHI")
_FRAME = struct.Struct("<4sIIB3xQIII")
_CHECKED = FRAME_BYTES - 4

Bytes = bytes | mmap.mmap


class Frame(NamedTuple):
    """Where a record lies in the file, and what its header says of it.

    A tuple: a long recording has fifty thousand, all of them made as it is opened.
    """

    kind: int
    at_ns: int
    offset: int
    length: int
    head_length: int
    head_crc: int
    crc: int

    @property
    def at_s(self) -> float:
        """Seconds since the recording began."""
        return self.at_ns / 1e9

    @property
    def end(self) -> int:
        """The first byte after it."""
        return self.offset + FRAME_BYTES + self.length


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of the file that are no record. `at_s` is the time of what came before them."""

    offset: int
    length: int
    what: str
    at_s: float = 0.0

    def __str__(self) -> str:
        return f"{self.what} at byte {self.offset} ({self.length} bytes, near {self.at_s:.1f} s)"


def preamble(major: int = FORMAT_MAJOR, minor: int = FORMAT_MINOR) -> bytes:
    """The first bytes of a file."""
    start = _PREAMBLE.pack(MAGIC, major, minor, 0)[:12]
    return start + zlib.crc32(start).to_bytes(4, "little")


def version_of(data: Bytes) -> tuple[int, int] | None:
    """The format's version as the preamble has it; None where the preamble is damaged."""
    start = data[:PREAMBLE_BYTES]
    if len(start) < PREAMBLE_BYTES:
        return None
    magic, major, minor, crc = _PREAMBLE.unpack(start)
    if magic != MAGIC or crc != zlib.crc32(start[:12]):
        return None
    return int(major), int(minor)


def pack_frame(encoded: Encoded) -> bytes:
    """A record with its frame."""
    payload = encoded.head + encoded.body
    header = _FRAME.pack(
        MARKER,
        len(payload),
        len(encoded.head),
        encoded.kind,
        encoded.at_ns,
        zlib.crc32(encoded.head),
        zlib.crc32(payload),
        0,
    )[:_CHECKED]
    return header + zlib.crc32(header).to_bytes(4, "little") + payload


def walk(data: Bytes) -> Iterator[Frame | Damage]:
    """Every frame in the order of the file, and what lies between them; reads no payload."""
    size, position, at_s = len(data), PREAMBLE_BYTES, 0.0
    unpack, crc32 = _FRAME.unpack, zlib.crc32
    if version_of(data) is None:
        first = data.find(MARKER)
        position = min(PREAMBLE_BYTES, size) if first < 0 else min(first, PREAMBLE_BYTES)
        yield Damage(0, position, "the file's beginning is damaged")
    while position < size:
        if size - position >= FRAME_BYTES:
            header = data[position : position + FRAME_BYTES]
            marker, length, head, kind, at_ns, head_crc, crc, check = unpack(header)
            if (
                marker == MARKER
                and check == crc32(header[:_CHECKED])
                and head <= length <= LARGEST_PAYLOAD
            ):
                end = position + FRAME_BYTES + length
                if end <= size:
                    at_s = at_ns / 1e9
                    yield Frame(kind, at_ns, position, length, head, head_crc, crc)
                    position = end
                    continue
                what = "the file ends inside a record"
            else:
                what = "a record's frame is damaged"
        else:
            what = "the file ends inside a record"
        following = _next_frame(data, position + 1)
        yield Damage(position, following - position, what, at_s)
        position = following


def _next_frame(data: Bytes, position: int) -> int:
    """Where the next frame header that checks begins; the file's size where there is none."""
    size = len(data)
    while True:
        position = data.find(MARKER, position)
        if position < 0 or size - position < FRAME_BYTES:
            return size
        header = data[position : position + FRAME_BYTES]
        if int.from_bytes(header[_CHECKED:], "little") == zlib.crc32(header[:_CHECKED]):
            return position
        position += 1


def read_head(data: Bytes, frame: Frame) -> Record:
    """A record without its packed sound, checked as far as it goes. Raises Unreadable."""
    begin = frame.offset + FRAME_BYTES
    head = data[begin : begin + frame.head_length]
    if zlib.crc32(head) != frame.head_crc:
        raise Unreadable("a record's content is damaged")
    return _at(decode(frame.kind, head), frame)


def read_whole(data: Bytes, frame: Frame) -> Record:
    """A record, its checksum checked. Raises Unreadable."""
    begin = frame.offset + FRAME_BYTES
    payload = data[begin : begin + frame.length]
    if zlib.crc32(payload) != frame.crc:
        raise Unreadable("a record's content is damaged")
    return _at(decode(frame.kind, payload), frame)


def _at(record: Record, frame: Frame) -> Record:
    if abs(record.at_s - frame.at_s) > _SAME_S:
        raise Unreadable("a record stands at another time than it says")
    return record

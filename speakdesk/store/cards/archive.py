"""What is in a stranger's zip, read into memory within limits; nothing is unpacked to disk."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from speakdesk.store.cards.limits import (
    LARGEST_FILE_BYTES,
    LARGEST_MEMBER_BYTES,
    LARGEST_RATIO,
    LARGEST_UNZIPPED_BYTES,
    MOST_MEMBERS,
    RATIO_COUNTS_FROM_BYTES,
    megabytes,
    refused,
)

SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_PIECE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Archive:
    """The files by path (`/` between folders), and why others were left out, by path."""

    files: Mapping[str, bytes] = field(repr=False)
    left_out: Mapping[str, str]


def is_zip(data: bytes) -> bool:
    """True where the file begins as a zip does."""
    return data.startswith(SIGNATURES)


def read_zip(data: bytes) -> Archive:
    """The content of a zip. Raises PersonaError for one that is damaged, locked or a trap."""
    if len(data) > LARGEST_FILE_BYTES:
        raise refused(f"The file is larger than {megabytes(LARGEST_FILE_BYTES)}.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        OSError,
        UnicodeDecodeError,
        ValueError,
    ) as e:
        raise refused("The zip file is damaged and cannot be read.", words=str(e)) from e


def _read(archive: zipfile.ZipFile) -> Archive:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise refused(f"The zip file holds {len(members):,} files; {MOST_MEMBERS:,} is the most.")
    files: dict[str, bytes] = {}
    left_out: dict[str, str] = {}
    taken: set[str] = set()
    total = 0
    for member in members:
        name = member.filename
        if member.is_dir() or _is_noise(name):
            continue
        _check_path(name)
        if member.flag_bits & 0x1:
            raise refused("The zip file is locked with a password.", "Unlock it and try again.")
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            left_out[name] = "a link or a device, not a file"
            continue
        if name.casefold() in taken:
            left_out[name] = "there is another file of this name"
            continue
        taken.add(name.casefold())
        content = _content(archive, member, LARGEST_UNZIPPED_BYTES - total)
        if content is None:
            left_out[name] = f"larger than {megabytes(LARGEST_MEMBER_BYTES)}"
            continue
        total += len(content)
        files[name] = content
    return Archive(files, left_out)


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, room: int) -> bytes | None:
    """One file, counted while it is unpacked: what a zip says of its sizes may be a lie."""
    pieces: list[bytes] = []
    size = 0
    with archive.open(member) as stream:
        while piece := stream.read(_PIECE_BYTES):
            size += len(piece)
            if size > room:
                raise refused(
                    f"The zip file unpacks to more than {megabytes(LARGEST_UNZIPPED_BYTES)}."
                )
            if size > RATIO_COUNTS_FROM_BYTES and size > LARGEST_RATIO * max(
                1, member.compress_size
            ):
                raise refused("The zip file is a trap: a small file in it unpacks to very much.")
            if size > LARGEST_MEMBER_BYTES:
                return None
            pieces.append(piece)
    return b"".join(pieces)


def _is_noise(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(p == "__MACOSX" or p in (".DS_Store", "Thumbs.db") for p in parts)


def _check_path(name: str) -> None:
    path = PurePosixPath(name)
    leads_out = path.is_absolute() or ".." in path.parts
    if leads_out or "\\" in name or "\0" in name or (len(name) > 1 and name[1] == ":"):
        raise refused(
            "The zip file is a trap: it holds a file that would be written outside its folder.",
            words=name[:200],
        )

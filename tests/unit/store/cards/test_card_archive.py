"""Zips from strangers: read within limits, traps refused before anything is written."""

from __future__ import annotations

import io
import stat
import struct
import zipfile

import pytest

from speakdesk.domain.errors import PersonaError
from speakdesk.store.cards import archive
from speakdesk.store.cards.archive import is_zip, read_zip


def zipped(files: dict[str, bytes], **attributes: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = attributes.get("mode", stat.S_IFREG | 0o644) << 16
            made.writestr(entry, content)
    return stream.getvalue()


def test_reads_files_and_leaves_noise() -> None:
    data = zipped(
        {"ada/README.md": b"# Ada", "__MACOSX/ada/._README.md": b"x", "ada/.DS_Store": b"x"}
    )
    assert is_zip(data)
    assert read_zip(data).files == {"ada/README.md": b"# Ada"}


@pytest.mark.parametrize(
    "name", ["../evil.md", "ada/../../evil.md", "/etc/evil.md", "C:/evil.md", "ada\\..\\evil.md"]
)
def test_a_path_that_leads_out_is_a_trap(name: str) -> None:
    with pytest.raises(PersonaError, match="trap"):
        read_zip(zipped({"README.md": b"# Ada", name: b"x"}))


def test_links_are_not_followed() -> None:
    found = read_zip(zipped({"README.md": b"/etc/passwd"}, mode=stat.S_IFLNK | 0o777))
    assert found.files == {}
    assert "link" in found.left_out["README.md"]


def test_a_bomb_is_noticed_while_it_unpacks() -> None:
    with pytest.raises(PersonaError, match="trap: a small file"):
        read_zip(zipped({"README.md": bytes(8_000_000)}))


def test_a_zip_that_lies_about_its_sizes_is_refused() -> None:
    data = bytearray(zipped({"README.md": bytes(8_000_000)}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(mark) + offset
        data[at : at + 4] = struct.pack("<I", 10)
    with pytest.raises(PersonaError):
        read_zip(bytes(data))


def test_sizes_and_counts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_MEMBER_BYTES", 100)
    found = read_zip(zipped({"big.md": b"0123456789abcdef" * 10, "small.md": b"x"}))
    assert sorted(found.files) == ["small.md"]
    assert "larger than" in found.left_out["big.md"]
    monkeypatch.setattr(archive, "LARGEST_MEMBER_BYTES", 10_000)
    monkeypatch.setattr(archive, "LARGEST_UNZIPPED_BYTES", 150)
    with pytest.raises(PersonaError, match="unpacks to more than"):
        read_zip(zipped({"a.md": b"0123456789" * 10, "b.md": b"0123456789" * 10}))
    monkeypatch.setattr(archive, "MOST_MEMBERS", 3)
    with pytest.raises(PersonaError, match="holds 4 files"):
        read_zip(zipped({f"{n}.md": b"x" for n in range(4)}))
    monkeypatch.setattr(archive, "LARGEST_FILE_BYTES", 10)
    with pytest.raises(PersonaError, match="larger than"):
        read_zip(zipped({"a.md": b"x"}))


def test_two_names_that_are_one_on_some_disks_are_one() -> None:
    found = read_zip(zipped({"Rules.md": b"1", "RULES.md": b"2"}))
    assert found.files == {"Rules.md": b"1"}
    assert "another file" in found.left_out["RULES.md"]


def test_a_locked_zip_is_told() -> None:
    data = bytearray(zipped({"README.md": b"# Ada"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    with pytest.raises(PersonaError, match="password"):
        read_zip(bytes(data))


def damaged() -> dict[str, bytes]:
    whole = zipped({"README.md": b"# Ada and some text that is packed " * 20})
    broken = bytearray(whole)
    broken[60] ^= 0xFF
    return {
        "cut": whole[:-30],
        "head only": b"PK\x03\x04",
        "flipped": bytes(broken),
        "unknown packing": whole.replace(b"\x08\x00", b"\x63\x00"),
    }


@pytest.mark.parametrize("name", damaged())
def test_a_damaged_zip_is_refused_in_words(name: str) -> None:
    with pytest.raises(PersonaError, match="damaged"):
        read_zip(damaged()[name])

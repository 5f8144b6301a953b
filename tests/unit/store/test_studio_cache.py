"""What the studio keeps between two days."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from speakdesk.domain.voice import Sample, VoiceEntry
from speakdesk.store.studio_cache import KeptVoices, StudioCache

MIA = VoiceEntry("cartesia", "1", "Mia", "en", "FEMALE", "Calm, ganz ruhig: für alle.", True)
KEPT = KeptVoices((MIA,), datetime(2026, 7, 3, 10, 15, tzinfo=UTC))


@pytest.fixture
def cache(tmp_path: Path) -> StudioCache:
    return StudioCache(tmp_path / "studio")


def test_voices_come_back_as_they_were(cache: StudioCache) -> None:
    cache.keep_voices("cartesia", KEPT)
    assert cache.voices("cartesia") == KEPT
    assert cache.voices("other") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"voices": []}',
        '{"fetched_at": "2026-07-03T10:15:00", "voices": []}',
        '{"fetched_at": "2026-07-03T10:15:00+00:00", "voices": 7}',
        "[" * 100_000,
    ],
)
def test_a_damaged_list_counts_as_none(cache: StudioCache, text: str) -> None:
    cache.folder.mkdir(parents=True)
    (cache.folder / "cartesia.json").write_text(text, encoding="utf-8")
    assert cache.voices("cartesia") is None


def test_a_damaged_voice_hides_no_other(cache: StudioCache) -> None:
    cache.keep_voices("cartesia", KEPT)
    path = cache.folder / "cartesia.json"
    text = path.read_text(encoding="utf-8")
    text = text.replace('"voices": [', '"voices": [ {"id": 7}, "x", {"name": "no id"},')
    path.write_text(text, encoding="utf-8")
    kept = cache.voices("cartesia")
    assert kept is not None
    assert kept.voices == (MIA,)


def test_a_sample_is_for_exactly_what_was_asked(cache: StudioCache) -> None:
    sample = Sample(b"\x01\x02\x03\x04", 24000)
    cache.keep_sample(sample, "cartesia", "1", "Hello.")
    assert cache.sample("cartesia", "1", "Hello.") == sample
    assert cache.sample("cartesia", "1", "Hello") is None
    assert cache.sample("cartesia", "1Hello.", "") is None


def test_the_samples_not_heard_for_longest_make_room(cache: StudioCache) -> None:
    for number in range(101):
        cache.keep_sample(Sample(b"\0\0", 24000), str(number))
        for path in (cache.folder / "samples").glob("*.pcm"):
            status = path.stat()
            os.utime(path, (status.st_atime, status.st_mtime - 10))
    assert cache.sample("0") is None
    assert cache.sample("1") is not None
    assert cache.sample("100") is not None


def test_addresses_are_kept_by_content(cache: StudioCache) -> None:
    cache.keep_address("https://a.example/1", "app", "digest-1")
    cache.keep_address("https://a.example/2", "app", "digest-2")
    assert cache.address("app", "digest-1") == "https://a.example/1"
    assert cache.address("app", "digest-3") == ""

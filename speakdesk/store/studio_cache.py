"""What the persona studio keeps to work without a network and to pay for nothing twice.

Lists of voices, samples heard, addresses of pictures put on the web. All of it may be deleted at
any time. Everything here blocks: call it in a thread.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from speakdesk.domain.voice import Sample, VoiceEntry
from speakdesk.store.files import write_atomically

_VERSION = 1
_MOST_SAMPLES = 100
_MOST_ADDRESSES = 500
_TEXTS = ("service", "id", "name", "language", "gender", "description")


@dataclass(frozen=True, slots=True)
class KeptVoices:
    """A service's voices and when (UTC) it gave them."""

    voices: tuple[VoiceEntry, ...]
    fetched_at: datetime


class StudioCache:
    """One folder of files; a file that cannot be read counts as not there. Writing raises OSError.

    `<service>.json` lists voices, `samples/` holds sounds, `addresses.json` where pictures lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._addresses = folder / "addresses.json"

    def voices(self, service: str) -> KeptVoices | None:
        """The voices as last kept."""
        data = _read_json(self._list_of(service))
        items = data.get("voices")
        try:
            fetched_at = datetime.fromisoformat(str(data.get("fetched_at", "")))
        except ValueError:
            return None
        if not isinstance(items, list) or fetched_at.tzinfo is None:
            return None
        found = [entry for item in items if (entry := _entry(item)) is not None]
        return KeptVoices(tuple(found), fetched_at.astimezone(UTC))

    def keep_voices(self, service: str, kept: KeptVoices) -> None:
        """Replace a service's list."""
        data = {
            "version": _VERSION,
            "fetched_at": kept.fetched_at.isoformat(),
            "voices": [asdict(voice) for voice in kept.voices],
        }
        content = json.dumps(data, ensure_ascii=False, indent=1).encode()
        write_atomically(self._list_of(service), content)

    def sample(self, *about: str) -> Sample | None:
        """The sound that was kept for exactly this voice, model, language and text."""
        for path in self._samples.glob(f"{_digest(about)}.*.pcm"):
            rate = path.name.split(".")[1]
            if rate.isascii() and rate.isdigit() and int(rate) > 0:
                with contextlib.suppress(OSError):
                    pcm = path.read_bytes()
                    path.touch()
                    return Sample(pcm, int(rate)) if pcm else None
        return None

    def keep_sample(self, sample: Sample, *about: str) -> None:
        """Keep a sound; the ones not heard for longest make room."""
        name = f"{_digest(about)}.{sample.rate_hz}.pcm"
        write_atomically(self._samples / name, sample.pcm, 0o600)
        kept = sorted(self._samples.glob("*.pcm"), key=_age, reverse=True)
        for path in kept[_MOST_SAMPLES:]:
            path.unlink(missing_ok=True)

    def address(self, *about: str) -> str:
        """Where the picture was put, or an empty string."""
        found = _read_json(self._addresses).get(_digest(about))
        return found if isinstance(found, str) else ""

    def keep_address(self, address: str, *about: str) -> None:
        """Remember where the picture was put."""
        known = _read_json(self._addresses)
        known.pop(_digest(about), None)
        items = [*known.items(), (_digest(about), address)][-_MOST_ADDRESSES:]
        content = json.dumps(dict(items), indent=1).encode()
        write_atomically(self._addresses, content, 0o600)

    @property
    def _samples(self) -> Path:
        return self.folder / "samples"

    def _list_of(self, service: str) -> Path:
        return self.folder / f"{service}.json"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _entry(item: object) -> VoiceEntry | None:
    if not isinstance(item, dict):
        return None
    texts = {name: item.get(name, "") for name in _TEXTS}
    if not all(isinstance(value, str) for value in texts.values()) or not texts["id"]:
        return None
    return VoiceEntry(**texts, is_own=item.get("is_own") is True)


def _digest(about: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(about).encode("utf-8", "replace")).hexdigest()[:40]


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0

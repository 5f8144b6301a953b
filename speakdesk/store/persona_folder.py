"""One persona's folder on disk: read whole, or told in one sentence what is wrong with it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from speakdesk.domain.persona import KEY_PATTERN, Knowledge, Persona
from speakdesk.store.persona_file import name_from_key, parse_source

README = "README.md"
LARGEST_README_BYTES = 1_000_000
LARGEST_KNOWLEDGE_BYTES = 5_000_000

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class BrokenPersona:
    """A folder that could not be read as a persona: `line` is 1-based, 0 where no line is meant."""

    folder: Path
    line: int
    sentence: str

    @property
    def key(self) -> str:
        """The folder's name."""
        return self.folder.name


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The Markdown files of one folder; `stamp` changes with every change to one of them."""

    folder: Path
    readme: str
    knowledge: tuple[str, ...]
    stamp: Stamp


def key_of(folder_name: str) -> str:
    """The persona's key for a folder's name: itself where it is one, else made from it."""
    if KEY_PATTERN.match(folder_name):
        return folder_name
    return re.sub(r"[^a-z0-9_-]+", "_", folder_name.lower()).strip("_-")[:64]


def list_files(folder: Path) -> FolderFiles | None:
    """The folder's Markdown files, or None where it holds none. Raises OSError."""
    readme = ""
    knowledge: list[str] = []
    stamp: list[tuple[str, int, int]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if not name.lower().endswith(".md") or name.startswith(".") or not entry.is_file():
                continue
            status = entry.stat()
            stamp.append((name, status.st_mtime_ns, status.st_size))
            if name.lower() == README.lower() and (not readme or name == README):
                readme = name
            elif name.lower() != README.lower():
                knowledge.append(name)
    if not stamp:
        return None
    names = tuple(sorted(knowledge, key=lambda name: (name.casefold(), name)))
    return FolderFiles(folder, readme, names, tuple(sorted(stamp)))


def read_persona(files: FolderFiles, is_bundled: bool) -> Persona | BrokenPersona:
    """The persona in a folder. Never raises for what is wrong with it."""
    folder = files.folder
    key = key_of(folder.name)
    if not KEY_PATTERN.match(key):
        return BrokenPersona(
            folder, 0, "The folder's name has no letter or digit a persona's key could be made of."
        )
    if not files.readme:
        return BrokenPersona(folder, 0, "The folder has no README.md, where a persona is told.")
    sizes = {name: size for name, _, size in files.stamp}
    if sizes[files.readme] > LARGEST_README_BYTES:
        return BrokenPersona(folder, 0, "The README.md is larger than one megabyte.")
    for name in files.knowledge:
        if sizes[name] > LARGEST_KNOWLEDGE_BYTES:
            return BrokenPersona(folder, 0, f"{name} is larger than five megabytes.")
    try:
        raw = (folder / files.readme).read_bytes()
        knowledge = tuple(
            Knowledge(name, _decode_knowledge((folder / name).read_bytes()))
            for name in files.knowledge
        )
    except OSError as e:
        return BrokenPersona(folder, 0, f"The files cannot be read: {e.strerror or e}.")
    try:
        source = raw.decode("utf-8")
    except UnicodeDecodeError as e:
        line = raw.count(b"\n", 0, e.start) + 1
        return BrokenPersona(folder, line, "This line is not UTF-8 text; save the file as UTF-8.")
    if "\0" in source:
        line = source.count("\n", 0, source.index("\0")) + 1
        return BrokenPersona(folder, line, "This line holds a zero byte; the file is no text.")
    text = parse_source(source)
    if not any((text.name, text.prompt, text.characteristics, text.voice_tone, text.metadata)):
        return BrokenPersona(folder, 1, "The README.md is empty; begin it with “# ” and a name.")
    return Persona(
        key=key,
        name=text.name or name_from_key(key),
        prompt=text.prompt,
        characteristics=text.characteristics,
        voice_tone=text.voice_tone,
        metadata=text.metadata,
        knowledge=knowledge,
        folder=folder,
        is_bundled=is_bundled,
        source=source,
    )


def _decode_knowledge(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")

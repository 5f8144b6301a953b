"""One persona's folder on disk: read whole, or told in one sentence what is wrong with it."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from speakdesk.domain.persona import KEY_PATTERN, Knowledge, Persona
from speakdesk.store.personas.file import BOM, name_from_key, parse_source

README = "README.md"
LARGEST_README_BYTES = 1_000_000
LARGEST_KNOWLEDGE_BYTES = 5_000_000

IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif")
_USUAL_PICTURES = ("avatar", "picture", "portrait", "image")

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
    """The Markdown files and images of one folder; `stamp` changes with each change to them."""

    folder: Path
    readme: str
    knowledge: tuple[str, ...]
    stamp: Stamp
    images: tuple[str, ...] = ()


def key_of(folder_name: str) -> str:
    """The persona's key for a folder's name: itself where it is one, else made from it."""
    if KEY_PATTERN.match(folder_name):
        return folder_name
    return re.sub(r"[^a-z0-9_-]+", "_", folder_name.lower()).strip("_-")[:64]


def list_files(folder: Path) -> FolderFiles | None:
    """What a folder holds of a persona, or None where it has no Markdown. Raises OSError."""
    readme = ""
    knowledge: list[str] = []
    images: list[str] = []
    stamp: list[tuple[str, int, int]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name, lower = entry.name, entry.name.lower()
            is_image = lower.endswith(IMAGE_ENDINGS)
            if not (is_image or lower.endswith(".md")) or name.startswith("."):
                continue
            if not entry.is_file():
                continue
            status = entry.stat()
            stamp.append((name, status.st_mtime_ns, status.st_size))
            if is_image:
                images.append(name)
            elif lower == README.lower() and (not readme or name == README):
                readme = name
            elif lower != README.lower():
                knowledge.append(name)
    if not readme and not knowledge:
        return None
    names = tuple(sorted(knowledge, key=_by_name))
    return FolderFiles(folder, readme, names, tuple(sorted(stamp)), tuple(sorted(images)))


def _by_name(name: str) -> tuple[str, str]:
    return name.casefold(), name


def picture_in(files: FolderFiles, key: str, image: str) -> Path | None:
    """The persona's picture: the file `image` names, else one called like the persona or
    `avatar`, else the only one there is."""
    by_name = {name.casefold(): name for name in files.images}
    image = image.removeprefix("./")
    if image and image.casefold() in by_name:
        return files.folder / by_name[image.casefold()]
    for stem in (key, *_USUAL_PICTURES):
        for ending in IMAGE_ENDINGS:
            if f"{stem}{ending}" in by_name:
                return files.folder / by_name[f"{stem}{ending}"]
    return files.folder / files.images[0] if len(files.images) == 1 else None


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
        knowledge = [
            Knowledge(name, content)
            for name in files.knowledge
            if (content := decode_knowledge((folder / name).read_bytes())) is not None
        ]
    except OSError as e:
        return BrokenPersona(folder, 0, f"The files cannot be read: {e.strerror or e}.")
    try:
        source = decode_readme(raw)
    except UnicodeDecodeError as e:
        line = raw.count(b"\n", 0, e.start) + 1
        return BrokenPersona(folder, line, "This line is not UTF-8 text; save the file as UTF-8.")
    if "\0" in source:
        line = source.count("\n", 0, source.index("\0")) + 1
        return BrokenPersona(folder, line, "This line holds a zero byte; the file is no text.")
    text = parse_source(source)
    if not any((text.name, text.prompt, text.characteristics, text.voice_tone, text.metadata)):
        return BrokenPersona(folder, 1, "The README.md is empty; begin it with “# ” and a name.")
    persona = Persona(
        key=key,
        name=text.name or name_from_key(key),
        prompt=text.prompt,
        characteristics=text.characteristics,
        voice_tone=text.voice_tone,
        metadata=text.metadata,
        folder=folder,
        is_bundled=is_bundled,
        source=source,
    )
    return replace(
        persona,
        knowledge=in_order(knowledge, persona.knowledge_order),
        picture=picture_in(files, key, persona.image),
    )


def in_order(knowledge: Iterable[Knowledge], order: Sequence[str]) -> tuple[Knowledge, ...]:
    """The files that `order` names first and as it says, then the others by name."""
    places = {name.casefold(): place for place, name in enumerate(order)}
    last = len(places)
    return tuple(
        sorted(knowledge, key=lambda k: (places.get(k.name.casefold(), last), _by_name(k.name)))
    )


def encoding_of(raw: bytes) -> str:
    """How a README.md is written: UTF-8, or UTF-16 where its byte-order mark says so."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and len(raw) % 2 == 0:
        return "utf-16-le" if raw.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    return "utf-8"


def decode_readme(raw: bytes) -> str:
    """The text, its byte-order mark included. Raises UnicodeDecodeError."""
    return raw.decode(encoding_of(raw))


def decode_knowledge(raw: bytes) -> str | None:
    """The text without its byte-order mark; None for what is no text at all."""
    encoding = encoding_of(raw)
    try:
        text = raw.decode(encoding).removeprefix(BOM)
    except UnicodeDecodeError:
        if b"\0" in raw:
            return None
        text = raw.decode("cp1252", errors="replace")
    return None if "\0" in text else text

"""What a file or folder from elsewhere holds: personas with their files, nothing written yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from speakdesk.domain.errors import PersonaError
from speakdesk.domain.picture import kind_of
from speakdesk.store.cards.limits import (
    KEPT_ENDINGS,
    LARGEST_MEMBER_BYTES,
    MOST_FILES_EACH,
    is_safe_name,
    megabytes,
    refused,
)
from speakdesk.store.personas.edit import PersonaChanges, update_source
from speakdesk.store.personas.file import name_from_key, parse_source
from speakdesk.store.personas.folder import (
    IMAGE_ENDINGS,
    LARGEST_KNOWLEDGE_BYTES,
    LARGEST_README_BYTES,
    README,
    decode_readme,
    encoding_of,
)
from speakdesk.store.personas.places import key_from_name

NO_KIND = "not a kind of file a persona needs"
_AT_HOME = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class FoundPersona:
    """One persona as it would be written: `files` by name, README.md among them.

    `left_out` tells by name why other files are not taken; `notes` are sentences for the person.
    """

    key: str
    name: str
    files: Mapping[str, bytes] = field(repr=False)
    left_out: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def found_persona(
    files: Mapping[str, bytes], folder_name: str, left_out: Mapping[str, str] | None = None
) -> FoundPersona:
    """A persona from the files of one folder. Raises PersonaError where there is none."""
    kept: dict[str, bytes] = {}
    out = dict(left_out or {})
    for name, content in files.items():
        why = _why_not(name, content)
        if why:
            out[name] = why
        elif len(kept) >= MOST_FILES_EACH:
            out[name] = f"{MOST_FILES_EACH} files are the most"
        else:
            kept[name] = content
    readme = next((n for n in kept if n == README), "") or next(
        (n for n in kept if n.lower() == README.lower()), ""
    )
    if not readme:
        raise refused(
            f"{folder_name or 'The file'} has no README.md, where a persona is told.",
            "Choose a persona's folder, a zip of it, or a character card.",
        )
    content, notes = _without_foreign_mind(kept[readme])
    source = decode_readme(content)
    text = parse_source(source)
    if not any((text.name, text.prompt, text.characteristics, text.voice_tone, text.metadata)):
        raise refused(f"The README.md of {folder_name or 'the file'} is empty.")
    kept = {README: content, **{n: c for n, c in kept.items() if n != readme}}
    name = text.name or name_from_key(folder_name)
    key = folder_name if key_from_name(folder_name) == folder_name else ""
    return FoundPersona(key or key_from_name(folder_name or name), name, kept, out, notes)


def _why_not(name: str, content: bytes) -> str:
    lower = name.lower()
    if not is_safe_name(name):
        return "its name cannot be used on every computer"
    if not lower.endswith(KEPT_ENDINGS):
        return NO_KIND
    largest = LARGEST_MEMBER_BYTES
    if lower.endswith(".md"):
        largest = LARGEST_README_BYTES if lower == README.lower() else LARGEST_KNOWLEDGE_BYTES
    if len(content) > largest:
        return f"larger than {megabytes(largest)}"
    is_gif = content.startswith((b"GIF87a", b"GIF89a"))
    if lower.endswith(IMAGE_ENDINGS) and not (is_gif or kind_of(content)):
        return "not a picture, whatever its name says"
    return ""


def _without_foreign_mind(content: bytes) -> tuple[bytes, tuple[str, ...]]:
    """A stranger's file must not send what is said in a meeting, and a key, to its own server."""
    try:
        source = decode_readme(content)
    except UnicodeDecodeError as e:
        line = content.count(b"\n", 0, e.start) + 1
        raise refused(f"Line {line} of README.md is not UTF-8 text.") from e
    if "\0" in source:
        raise refused("The README.md is no text.")
    address = parse_source(source).metadata.get("llm_base_url", "")
    if not address or _is_at_home(address):
        return content, ()
    note = (
        f"It wanted to think with a server at {address[:100]}, to which your meetings would go; "
        "that line is emptied. Write it again if you trust it."
    )
    try:
        changed = update_source(source, PersonaChanges(metadata={"llm_base_url": ""}))
    except PersonaError as e:
        raise refused("The README.md names a server in a way that cannot be undone.") from e
    return changed.encode(encoding_of(content)), (note,)


def _is_at_home(address: str) -> bool:
    try:
        return (urlsplit(re.sub(r"\s", "", address)).hostname or "") in _AT_HOME
    except ValueError:
        return False

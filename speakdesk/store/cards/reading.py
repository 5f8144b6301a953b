"""Reads what a person dropped in: a folder, a zip, a card as PNG, JSON or .charx, a Markdown file.

Everything is a stranger's: sizes are bounded, paths checked, links not followed, nothing fetched.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from speakdesk.domain.errors import PersonaError, Problem
from speakdesk.domain.picture import ENDINGS, kind_of
from speakdesk.store.cards.archive import Archive, is_zip, read_zip
from speakdesk.store.cards.card import FILE, Card, decode_chunk, read_card
from speakdesk.store.cards.found import NO_KIND, FoundPersona, found_persona
from speakdesk.store.cards.limits import (
    KEPT_ENDINGS,
    LARGEST_FILE_BYTES,
    LARGEST_MEMBER_BYTES,
    LARGEST_UNZIPPED_BYTES,
    MOST_MEMBERS,
    MOST_PERSONAS,
    is_safe_name,
    megabytes,
    refused,
)
from speakdesk.store.cards.lorebook import EXTENSION
from speakdesk.store.cards.mapping import card_file, persona_of
from speakdesk.store.cards.png import is_png, read_chunks, texts, without_texts
from speakdesk.store.personas.edit import PersonaChanges, source_of, update_source
from speakdesk.store.personas.folder import README

PICTURE = "picture"
_ASSET = "chara-ext-asset_:"
_DEEPEST = 3


def read_any(path: Path, unread: list[Problem] | None = None) -> tuple[FoundPersona, ...]:
    """The personas in a file or folder, at least one. Blocking. Raises PersonaError.

    Where several lie in it, what is wrong with those that cannot be read goes into `unread`.
    """
    try:
        if path.is_dir():
            return _from_folder(path, unread)
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            raise refused(f"{path.name} is larger than {megabytes(LARGEST_FILE_BYTES)}.")
        content = path.read_bytes()
    except FileNotFoundError as e:
        raise refused(f"There is no file {path}.", "Check the name and try again.") from e
    except OSError as e:
        raise refused(
            f"{path.name} cannot be read.", "Check its permissions.", e.strerror or str(e)
        ) from e
    return read_bytes(content, path.name, unread)


def read_bytes(
    content: bytes, name: str, unread: list[Problem] | None = None
) -> tuple[FoundPersona, ...]:
    """The personas in a file's bytes, as `read_any`; `name` is the file's. Raises PersonaError."""
    stem = PurePosixPath(name).stem
    if is_png(content):
        return (_from_png(content),)
    if is_zip(content):
        archive = read_zip(content)
        if FILE in archive.files and README not in archive.files:
            return (_from_charx(archive),)
        return _from_archive(archive, stem, unread)
    if name.lower().endswith((".md", ".markdown")):
        return (found_persona({README: content}, "" if stem.lower() == "readme" else stem),)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return (_from_card(read_card(content), {}, b""),)
    raise refused(
        f"{name} is nothing a persona could be read from.",
        "Choose a persona's folder or zip, or a character card (PNG, JSON, .charx).",
    )


# -- folders and zips -----------------------------------------------------------------------------


def _from_folder(folder: Path, unread: list[Problem] | None) -> tuple[FoundPersona, ...]:
    files: dict[str, bytes] = {}
    left_out: dict[str, str] = {}
    total = 0
    for current, folders, names in os.walk(folder, followlinks=False):
        inside = Path(current).relative_to(folder)
        folders[:] = sorted(n for n in folders if not n.startswith("."))
        if len(inside.parts) >= _DEEPEST:
            folders.clear()
        for name in sorted(names):
            path, shown = Path(current, name), (inside / name).as_posix()
            if name.startswith("."):
                continue
            if path.is_symlink() or not path.is_file():
                left_out[shown] = "a link or a device, not a file"
                continue
            if len(files) + len(left_out) > MOST_MEMBERS:
                raise refused(f"The folder holds more than {MOST_MEMBERS:,} files.")
            if not name.lower().endswith(KEPT_ENDINGS):
                left_out[shown] = NO_KIND
                continue
            size = path.stat().st_size
            if size > LARGEST_MEMBER_BYTES:
                left_out[shown] = f"larger than {megabytes(LARGEST_MEMBER_BYTES)}"
                continue
            total += size
            if total > LARGEST_UNZIPPED_BYTES:
                raise refused(f"The folder holds more than {megabytes(LARGEST_UNZIPPED_BYTES)}.")
            files[shown] = path.read_bytes()
    return _from_archive(Archive(files, left_out), folder.resolve().name, unread)


def _from_archive(
    archive: Archive, stem: str, unread: list[Problem] | None
) -> tuple[FoundPersona, ...]:
    """One persona at the top, or each folder that has a README.md."""
    by_folder: dict[str, dict[str, bytes]] = {}
    for path, content in archive.files.items():
        folder, _, name = path.rpartition("/")
        by_folder.setdefault(folder, {})[name] = content
    told = sorted(f for f, files in by_folder.items() if any(_is_readme(n) for n in files))
    if not told:
        raise refused(
            f"{stem} holds no persona: there is no README.md in it.",
            "Choose a persona's folder, a zip of it, or a character card.",
        )
    # A README.md above the personas' folders tells of the collection.
    inner = [f for f in told if f]
    if "" in told and not (inner and not _has_sections(by_folder[""])):
        told = [""]
    elif "" in told:
        told = inner
    if len(told) > MOST_PERSONAS:
        raise refused(f"{stem} holds {len(told):,} personas; {MOST_PERSONAS} is the most.")
    found: list[FoundPersona] = []
    broken: list[PersonaError] = []
    for folder in told:
        prefix = f"{folder}/" if folder else ""
        left_out = {
            path.removeprefix(prefix): why
            for path, why in archive.left_out.items()
            if path.startswith(prefix)
        }
        for path in archive.files:
            inside = path.removeprefix(prefix)
            if path.startswith(prefix) and "/" in inside and not _is_below(path, told, folder):
                left_out[inside] = "in a folder inside the persona's"
        name = folder.rpartition("/")[2] or stem
        try:
            found.append(found_persona(by_folder[folder], name, left_out))
        except PersonaError as e:
            broken.append(_in_folder(e, folder))
    if broken and not found:
        raise broken[0]
    if unread is not None:
        unread.extend(error.problem for error in broken)
    return _with_own_keys(found)


def _in_folder(error: PersonaError, folder: str) -> PersonaError:
    problem = error.problem
    if not folder or folder.rpartition("/")[2] in problem.sentence:
        return error
    return PersonaError(replace(problem, sentence=f"{folder}: {problem.sentence}"))


def _with_own_keys(found: Sequence[FoundPersona]) -> tuple[FoundPersona, ...]:
    """The same; of two folders that make the same key, the second gets a number behind it."""
    taken = {one.key for one in found}
    seen: set[str] = set()
    given: list[FoundPersona] = []
    for one in found:
        key, number = one.key, 2
        while key in seen or (key != one.key and key in taken):
            key = f"{one.key[:60]}_{number}"
            number += 1
        if key != one.key:
            note = f"Another one in it has the key {one.key}."
            one = replace(one, key=key, notes=(*one.notes, note))
        seen.add(key)
        given.append(one)
    return tuple(given)


def _is_readme(name: str) -> bool:
    return name.lower() == README.lower()


def _is_below(path: str, told: list[str], folder: str) -> bool:
    return any(other != folder and path.startswith(f"{other}/") for other in told)


def _has_sections(files: Mapping[str, bytes]) -> bool:
    readme = next(content for name, content in files.items() if _is_readme(name))
    lowered = readme.lower()
    return b"## metadata" in lowered or b"## characteristics" in lowered


# -- cards ----------------------------------------------------------------------------------------


def _from_png(content: bytes) -> FoundPersona:
    chunks = read_chunks(content)
    found = texts(chunks)
    packed = found.get("ccv3") or found.get("chara")
    if packed is None:
        raise refused(
            "The picture is no character card: no persona is written in it.",
            "Choose another file; a plain picture belongs into a persona's own page.",
        )
    embedded = {
        name.removeprefix(_ASSET): _decoded(text)
        for name, text in found.items()
        if name.startswith(_ASSET)
    }
    return _from_card(decode_chunk(packed), embedded, without_texts(chunks))


def _from_charx(archive: Archive) -> FoundPersona:
    assets = {name: content for name, content in archive.files.items() if name != FILE}
    return _from_card(read_card(archive.files[FILE]), assets, b"", archive.left_out)


def _from_card(
    card: Card,
    embedded: Mapping[str, bytes],
    portrait: bytes,
    left_out: Mapping[str, str] | None = None,
) -> FoundPersona:
    """A card with the files that came in it; `portrait` is the PNG it was written into."""
    persona, told = persona_of(card)
    notes = list(told)
    if card.extension(EXTENSION).get("has_picture") is False:
        # The plain square a PNG card needs is no picture of anybody.
        portrait = b""
    picture, rest, more = _picture(card, embedded, portrait)
    notes.extend(more)
    files: dict[str, bytes] = {}
    if picture:
        name = f"{PICTURE}{ENDINGS[kind_of(picture)]}"
        wanted = persona.image
        if is_safe_name(wanted) and kind_of(picture) == _kind_by_name(wanted):
            name = wanted
        elif not wanted.startswith("https://"):
            persona = replace(persona, metadata={**persona.metadata, "image": name})
        files[name] = picture
    readme = update_source(source_of(persona), PersonaChanges(name=persona.name))
    files = {
        README: readme.encode("utf-8", "replace"),
        **{k.name: k.text.encode("utf-8", "replace") for k in persona.knowledge},
        **files,
        FILE: card_file(_with_assets(card, rest)),
    }
    found = found_persona(files, persona.key, left_out)
    return replace(found, key=persona.key, name=persona.name, notes=(*notes, *found.notes))


def _picture(
    card: Card, embedded: Mapping[str, bytes], portrait: bytes
) -> tuple[bytes, list[object], list[str]]:
    """The main picture, the assets that stay named in the card, and what is left out."""
    assets = card.data.get("assets")
    listed = [a for a in assets if isinstance(a, dict)] if isinstance(assets, list) else []
    icons = [a for a in listed if a.get("type") == "icon"]
    main = next((a for a in icons if a.get("name") == "main"), icons[0] if icons else None)
    chosen = portrait
    stay: list[object] = []
    lost = fetched = 0
    for asset in listed:
        uri = asset.get("uri")
        uri = uri if isinstance(uri, str) else ""
        content = _asset(uri, embedded)
        if asset is main and kind_of(content):
            chosen = content
            stay.append({**asset, "uri": "ccdefault:"})
        elif uri.startswith(("http://", "https://")):
            fetched += asset is main and not portrait
            stay.append(asset)
        elif uri == "ccdefault:":
            stay.append(asset)
        else:
            lost += 1
    notes = []
    if lost:
        notes.append(f"{lost} further pictures or sounds of the card are left out.")
    if fetched:
        notes.append("Its picture lies on the internet and was not fetched.")
    return chosen, stay, notes


def _with_assets(card: Card, assets: list[object]) -> Card:
    if "assets" not in card.data:
        return card
    return replace(card, data={**card.data, "assets": assets})


def _asset(uri: str, embedded: Mapping[str, bytes]) -> bytes:
    for scheme in ("embeded://", "embedded://", "__asset:"):
        if uri.startswith(scheme):
            return embedded.get(uri.removeprefix(scheme), b"")
    if uri.startswith("data:") and ";base64," in uri[:100]:
        return _decoded(uri.partition(";base64,")[2].encode("ascii", "replace"))
    return b""


def _decoded(text: bytes) -> bytes:
    if len(text) > LARGEST_MEMBER_BYTES * 4 // 3:
        return b""
    try:
        return base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        return b""


def _kind_by_name(name: str) -> str:
    lower = name.lower().replace(".jpeg", ".jpg")
    return next((kind for kind, ending in ENDINGS.items() if lower.endswith(ending)), "-")

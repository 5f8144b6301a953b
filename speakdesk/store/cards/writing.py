"""A persona as something to give away: a folder, a zip, or a Character Card (PNG, JSON, .charx)."""

from __future__ import annotations

import base64
import io
import json
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.persona import Persona
from speakdesk.domain.picture import ENDINGS, PNG, kind_of
from speakdesk.store.cards.card import FILE, V2, V3, Card, encode_chunk
from speakdesk.store.cards.limits import LARGEST_MEMBER_BYTES, refused
from speakdesk.store.cards.mapping import card_of, kept_card
from speakdesk.store.cards.png import plain_png, read_chunks, with_texts
from speakdesk.store.files import write_atomically

_BACKFILL = (
    "This character card is Character Card V3, but it is loaded as a Character Card V2. Please use "
    "a Character Card V3 compatible application to use this character card properly."
)
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


class Form(StrEnum):
    """What a persona is written as."""

    FOLDER = "folder"
    ZIP = "zip"
    PNG = "png"
    JSON = "json"
    CHARX = "charx"


@dataclass(frozen=True, slots=True)
class Exported:
    """One file to give away, or the files of a folder; `notes` say what is not in it."""

    name: str
    files: Mapping[str, bytes] = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def content(self) -> bytes:
        """The bytes of the only file."""
        [content] = self.files.values()
        return content


def export(persona: Persona, form: Form, spec: str = V3, portrait: bytes = b"") -> Exported:
    """The persona in another form. Blocking: reads its folder. Raises PersonaError.

    `portrait` is its picture as PNG, for a card whose persona has another kind of picture.
    """
    files = _files_of(persona)
    if form is Form.FOLDER:
        return Exported(persona.key, files)
    if form is Form.ZIP:
        return Exported(
            f"{persona.key}.zip",
            {f"{persona.key}.zip": _zip({f"{persona.key}/{n}": c for n, c in files.items()})},
        )
    picture = _picture_of(persona)
    if form is Form.CHARX:
        return _charx(persona, files, picture)
    card = card_of(persona, kept_card(files), spec)
    if form is Form.JSON:
        return _json(persona, card, picture)
    return _png(persona, files, card, picture, portrait)


def _json(persona: Persona, card: Card, picture: bytes) -> Exported:
    if card.spec == V3 and picture:
        kind = kind_of(picture)
        address = f"data:{kind};base64,{base64.b64encode(picture).decode('ascii')}"
        card = _with_icon(card, address, ENDINGS[kind][1:])
    content = json.dumps(card.to_json(), ensure_ascii=False, indent=1).encode("utf-8")
    notes = ("A V2 card as JSON has no room for the picture.",) if card.spec == V2 else ()
    name = f"{persona.key}.json"
    return Exported(name, {name: content + b"\n"}, notes if picture else ())


def _png(
    persona: Persona, files: Mapping[str, bytes], card: Card, picture: bytes, portrait: bytes
) -> Exported:
    notes: tuple[str, ...] = ()
    base = picture if kind_of(picture) == PNG else portrait
    if not base:
        base = plain_png()
        notes = ("It has no picture that fits, so the card is a plain square.",)
    chunks = read_chunks(base)
    if card.spec == V2:
        packed = {"chara": encode_chunk(card)}
    else:
        card = _with_icon(card, "ccdefault:", "png")
        older = card_of(persona, kept_card(files), V2)
        told = older.text("creator_notes")
        warned = f"{_BACKFILL}\n\n{told}".strip()
        older = replace(older, data={**older.data, "creator_notes": warned})
        packed = {"chara": encode_chunk(older), "ccv3": encode_chunk(card)}
    name = f"{persona.key}.png"
    return Exported(name, {name: with_texts(chunks, packed)}, notes)


def _charx(persona: Persona, files: Mapping[str, bytes], picture: bytes) -> Exported:
    card = card_of(persona, kept_card(files), V3)
    inside: dict[str, bytes] = {}
    if picture:
        ending = ENDINGS[kind_of(picture)][1:]
        path = f"assets/icon/images/main.{ending}"
        card = _with_icon(card, f"embeded://{path}", ending)
        inside[path] = picture
    content = json.dumps(card.to_json(), ensure_ascii=False, indent=1).encode("utf-8")
    name = f"{persona.key}.charx"
    return Exported(name, {name: _zip({FILE: content + b"\n", **inside})})


def _with_icon(card: Card, uri: str, ending: str) -> Card:
    assets = card.data.get("assets")
    others = [
        asset
        for asset in (assets if isinstance(assets, list) else [])
        if isinstance(asset, dict) and (asset.get("type"), asset.get("name")) != ("icon", "main")
    ]
    icon = {"type": "icon", "uri": uri, "name": "main", "ext": ending}
    now = int(time.time())
    data = {**card.data, "assets": [icon, *others], "modification_date": now}
    return replace(card, data=data)


def _picture_of(persona: Persona) -> bytes:
    if persona.picture is None:
        return b""
    try:
        content = persona.picture.read_bytes()
    except OSError:
        return b""
    return content if kind_of(content) and len(content) <= LARGEST_MEMBER_BYTES else b""


def _files_of(persona: Persona) -> dict[str, bytes]:
    """Every plain file of the folder; other folders, links and hidden files are not given away."""
    if persona.folder is None:
        raise refused(f"{persona.name} is not saved yet.", "Save it first.")
    try:
        paths = sorted(persona.folder.iterdir())
        return {
            path.name: path.read_bytes()
            for path in paths
            if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
        }
    except OSError as e:
        raise _failed(f"{persona.name} cannot be read.", e) from e


def _zip(files: Mapping[str, bytes]) -> bytes:
    """A zip that is the same whenever it is made of the same files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return stream.getvalue()


def write_export(exported: Exported, to: Path, is_folder: bool) -> Path:
    """Write it to `to`, or into it where that is a folder; the path that was written.

    An existing persona folder is not written into. Blocking. Raises PersonaError.
    """
    target = to / exported.name if to.is_dir() else to
    try:
        if not is_folder:
            write_atomically(target, exported.content)
            return target
        if target.exists():
            raise PersonaError(
                Problem(
                    Stage.PERSONA,
                    Reason.CONFLICT,
                    f"There is a folder {target} already.",
                    "Choose another place, or take that folder away.",
                )
            )
        target.mkdir(parents=True)
        for name, content in exported.files.items():
            (target / name).write_bytes(content)
    except OSError as e:
        raise _failed(f"{target} cannot be written.", e) from e
    return target


def _failed(sentence: str, error: OSError) -> PersonaError:
    return PersonaError(
        Problem(
            Stage.PERSONA,
            Reason.UNAVAILABLE,
            sentence,
            "Check the free space and the permissions of the folder.",
            error.strerror or str(error),
        )
    )

"""A Character Card's JSON: V1, V2 or V3, read with patience, nothing in it lost.

Sources: character-card-spec-v2 (spec_v1.md, spec_v2.md), character-card-spec-v3 (SPEC_V3.md).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from speakdesk.store.cards.limits import LARGEST_JSON_BYTES, megabytes, refused

FILE = "card.json"
V2, V3 = "chara_card_v2", "chara_card_v3"
_V1_FIELDS = ("description", "personality", "scenario", "first_mes", "mes_example")


@dataclass(frozen=True, slots=True)
class Card:
    """One card: `spec` is empty for V1, `data` holds its fields, unknown ones included."""

    spec: str
    data: Mapping[str, Any] = field(repr=False)
    notes: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """A field that is text; empty where it is missing or something else."""
        value = self.data.get(name)
        return _clean(value) if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """A field that is a list of texts."""
        value = self.data.get(name)
        if not isinstance(value, list):
            return ()
        return tuple(_clean(v).strip() for v in value if isinstance(v, str) and v.strip())

    def extension(self, name: str) -> Mapping[str, Any]:
        """What a program keeps under `extensions`; empty where it keeps nothing."""
        extensions = self.data.get("extensions")
        value = extensions.get(name) if isinstance(extensions, dict) else None
        return value if isinstance(value, dict) else {}

    def to_json(self) -> dict[str, Any]:
        """The whole card as JSON values; a V1 card becomes a V2 one."""
        spec = self.spec or V2
        return {"spec": spec, "spec_version": "3.0" if spec == V3 else "2.0", "data": self.data}


def read_card(content: bytes) -> Card:
    """The card in a JSON text. Raises PersonaError for what is none."""
    if len(content) > LARGEST_JSON_BYTES:
        raise refused(f"The card's text is larger than {megabytes(LARGEST_JSON_BYTES)}.")
    try:
        value = json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as e:
        raise refused("The card's text is damaged: it is no JSON.", words=str(e)[:200]) from e
    if not isinstance(value, dict):
        raise refused("The file is JSON, and no character card.")
    spec, data = value.get("spec"), value.get("data")
    if spec == "lorebook_v3":
        raise refused(
            "The file is a lorebook, and no character card.",
            "Import the card it belongs to, or write its texts into knowledge files.",
        )
    if isinstance(data, dict) and isinstance(data.get("name"), str):
        return Card(spec if isinstance(spec, str) and spec else V2, data, _version_notes(value))
    if isinstance(value.get("name"), str) and any(
        isinstance(value.get(name), str) for name in _V1_FIELDS
    ):
        return Card("", value)
    raise refused("The file is JSON, and no character card: it names nobody.")


def decode_chunk(content: bytes) -> Card:
    """The card in a PNG's text chunk: base64 of UTF-8 JSON (SPEC_V3.md, PNG/APNG)."""
    try:
        decoded = base64.b64decode(content.strip(), validate=True)
    except binascii.Error as e:
        raise refused("The card in the picture is damaged: it is no base64.") from e
    return read_card(decoded)


def encode_chunk(card: Card) -> bytes:
    """A card as it stands in a PNG's text chunk."""
    return base64.b64encode(json.dumps(card.to_json(), ensure_ascii=False).encode("utf-8"))


def _clean(text: str) -> str:
    """Text that can be written to a file: no half characters, no zero bytes."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return whole.replace("\r\n", "\n").replace("\0", "")


def _version_notes(value: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        is_newer = float(value.get("spec_version", 0)) > 3.0
    except (TypeError, ValueError):
        is_newer = False
    if is_newer or (value.get("spec") not in (V2, V3)):
        return ("The card is of another version than 2 and 3; what is new in it is kept, unused.",)
    return ()


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON value")

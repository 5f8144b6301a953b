"""One piece of work on a persona library, from opening it to closing it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from speakdesk.app.personas.opening import OpenLibrary, open_library
from speakdesk.domain.persona import Persona

T = TypeVar("T")

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def with_library(
    folder: Path | None, work: Callable[[OpenLibrary], Awaitable[T]], *, create: bool = False
) -> T:
    """Do one piece of work on the library in `folder`, or on the person's own."""

    async def do() -> T:
        async with open_library(folder, create=create) as library:
            return await work(library)

    return asyncio.run(do())


def printable(text: str) -> str:
    """A stranger's text without what would steer the terminal."""
    return _CONTROL.sub("", text).encode("utf-8", "replace").decode("utf-8")


def persona_json(persona: Persona) -> dict[str, Any]:
    """What a list tells of a persona."""
    return {
        "key": persona.key,
        "name": persona.name,
        "role": persona.role,
        "summary": persona.summary,
        "language": persona.language,
        "gender": persona.gender,
        "tags": list(persona.tags),
        "is_bundled": persona.is_bundled,
        "knowledge": [item.name for item in persona.knowledge],
        "picture": persona.picture.name if persona.picture is not None else "",
        "folder": str(persona.folder) if persona.folder is not None else "",
        "ok": True,
    }


def whole_json(persona: Persona) -> dict[str, Any]:
    """Everything about a persona."""
    return {
        **persona_json(persona),
        "prompt": persona.prompt,
        "greeting": persona.greeting,
        "characteristics": list(persona.characteristics),
        "voice_tone": list(persona.voice_tone),
        "metadata": dict(persona.metadata),
        "aliases": list(persona.aliases),
        "links": list(persona.links),
        "knowledge": [{"name": k.name, "text": k.text} for k in persona.knowledge],
        "source": persona.source,
    }

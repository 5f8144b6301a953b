"""Text files taken in as knowledge: read off the loop, bounded, named so that they can be kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.persona import Knowledge
from speakdesk.store.personas.folder import LARGEST_KNOWLEDGE_BYTES, decode_knowledge
from speakdesk.store.personas.library import check_knowledge_name

ENDINGS = (".md", ".txt", ".markdown")


def is_knowledge_file(path: Path) -> bool:
    """Whether a file can be taken in, by its name."""
    return path.suffix.lower() in ENDINGS


async def read_knowledge(path: Path) -> Knowledge:
    """A .md or .txt file as knowledge; `notes.txt` becomes notes.md. Raises PersonaError."""
    return await asyncio.to_thread(_read, path)


def knowledge_name(text: str) -> str:
    """The file name somebody meant, with its ending. Raises PersonaError where it is none."""
    name = text.strip()
    if name and not name.lower().endswith(".md"):
        stem = name.rsplit(".", 1)[0] if name.lower().endswith(ENDINGS) else name
        name = f"{stem}.md"
    check_knowledge_name(name)
    return name


def _read(path: Path) -> Knowledge:
    if not is_knowledge_file(path):
        raise _trouble(
            Reason.BAD_INPUT,
            f"{path.name} is no .md or .txt file.",
            "Save it as plain text first.",
        )
    name = knowledge_name(path.name)
    try:
        if path.stat().st_size > LARGEST_KNOWLEDGE_BYTES:
            raise _trouble(
                Reason.BAD_INPUT,
                f"{path.name} is larger than five megabytes.",
                "Take the part the persona needs.",
            )
        raw = path.read_bytes()
    except OSError as e:
        raise _trouble(
            Reason.UNAVAILABLE,
            f"{path.name} cannot be read.",
            "Check that it is there and that you may read it.",
            e.strerror or str(e),
        ) from e
    text = decode_knowledge(raw)
    if text is None:
        raise _trouble(
            Reason.BAD_INPUT, f"{path.name} is no text.", "Save it as UTF-8 text and try again."
        )
    return Knowledge(name, text)


def _trouble(reason: Reason, sentence: str, next_step: str, words: str = "") -> PersonaError:
    return PersonaError(Problem(Stage.PERSONA, reason, sentence, next_step, words))

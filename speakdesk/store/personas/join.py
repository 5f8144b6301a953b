"""Two edits of one persona put together, file by file; a conflict is told, never resolved."""

from __future__ import annotations

from dataclasses import replace

from speakdesk.domain.persona import Knowledge, Persona
from speakdesk.domain.persona_issues import PersonaConflict
from speakdesk.store.personas.edit import source_of
from speakdesk.store.personas.file import parse_source
from speakdesk.store.personas.folder import README, in_order


def with_source(persona: Persona, source: str) -> Persona:
    """The persona as another text of its file tells it, not saved."""
    text = parse_source(source)
    return replace(
        persona,
        name=text.name or persona.name,
        prompt=text.prompt,
        characteristics=text.characteristics,
        voice_tone=text.voice_tone,
        metadata=text.metadata,
        source=source,
    )


def join(mine: Persona, base: Persona, theirs: Persona) -> Persona:
    """`mine` with everything that `theirs` changed since `base`.

    Raises PersonaConflict naming the files that both changed, each in another way.
    """
    conflicts: list[str] = []
    source = source_of(mine)
    if theirs.source != base.source and source not in (base.source, theirs.source):
        conflicts.append(README)
    elif theirs.source != base.source:
        mine = with_source(mine, theirs.source)
    ours = {k.name: k.text for k in mine.knowledge}
    before = {k.name: k.text for k in base.knowledge}
    other = {k.name: k.text for k in theirs.knowledge}
    joined: list[Knowledge] = []
    for name in dict.fromkeys([*ours, *other, *before]):
        text = ours.get(name)
        if other.get(name) != before.get(name):
            if text not in (before.get(name), other.get(name)):
                conflicts.append(name)
            text = other.get(name)
        if text is not None:
            joined.append(Knowledge(name, text))
    if conflicts:
        raise PersonaConflict(mine, theirs, tuple(conflicts))
    return replace(mine, knowledge=in_order(joined, mine.knowledge_order))

"""The words a persona's file may use: the services and the tools this program has."""

from __future__ import annotations

from collections.abc import Callable

from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Role
from speakdesk.pipeline.catalogue import ALIASES, entries
from speakdesk.store.personas.check import Vocabulary


def vocabulary(model_of: Callable[[Persona], str] = lambda _persona: "") -> Vocabulary:
    """The services and tools a persona may name, and its model here. Imports no Pipecat."""
    from speakdesk.pipeline.tools import TOOLS

    return Vocabulary(
        services={
            role.value: frozenset(
                {entry.key for entry in entries(role)} | {n for r, n in ALIASES if r is role}
            )
            for role in Role
        },
        tools=frozenset(TOOLS),
        model_of=model_of,
    )

"""What is wrong with the voices that personas' files name, beside what is wrong with the files."""

from __future__ import annotations

from collections.abc import Iterable

from speakdesk.app.personas.studio import PersonaStudio
from speakdesk.domain.errors import Reason
from speakdesk.domain.persona import Persona
from speakdesk.domain.persona_issues import PersonaIssue, Severity
from speakdesk.store.personas.file import entries_of, lay_out
from speakdesk.store.personas.folder import README


async def prepare(studio: PersonaStudio, personas: Iterable[Persona]) -> None:
    """Have the lists at hand that the check looks at, as far as they can be had."""
    await studio.freshen()
    if any(persona.voice_for("espeak") for persona in personas):
        await studio.voices("espeak")


def voice_issues(studio: PersonaStudio, persona: Persona) -> tuple[PersonaIssue, ...]:
    """A voice that is gone is an error where the file names it; any other trouble a warning.

    Looks only at what is in memory: `prepare` comes first.
    """
    plan = studio.plan(persona)
    problem = studio.voice_problem(persona, plan)
    if problem is None:
        return ()
    service = plan.tts.key
    names = (f"{service}_voice_id", f"{service}_voice")
    named = [span for span in entries_of(lay_out(persona.source)) if span.key in names]
    place = next((span for span in named if span.text == plan.tts.voice), None)
    is_gone = place is not None and problem.reason is not Reason.UNSUPPORTED
    return (
        PersonaIssue(
            README,
            place.start + 1 if place else 0,
            place.key if place else "voice",
            f"{problem.sentence} {problem.next_step}".strip(),
            Severity.ERROR if is_gone else Severity.WARNING,
        ),
    )

"""What a picture service is asked to draw for a persona."""

from __future__ import annotations

from speakdesk.domain.persona import Persona

LONGEST = 1800
_MANNER = (
    "Head and shoulders, facing the viewer, friendly and natural expression, soft even light, "
    "simple calm background, centred, fit for a video call. No text, no letters, no logos, "
    "no watermark, no frame."
)
_GENDERS = {"MALE": "man", "FEMALE": "woman", "NON-BINARY": "non-binary person"}


def picture_prompt(subject: Persona | str) -> str:
    """A portrait of a persona, or of what a person wrote, at most 1,800 characters."""
    told = " ".join(subject.split()) if isinstance(subject, str) else _portrait_of(subject)
    room = LONGEST - len(_MANNER) - 2
    told = told if len(told) <= room else f"{told[: room - 1].rstrip()}…"
    return f"{told.rstrip('.')}. {_MANNER}"


def _portrait_of(persona: Persona) -> str:
    who = _GENDERS.get(persona.gender, "person")
    skin = persona.skin_tone.lower()
    parts = [f"Portrait of {persona.name}, a {who}" + (f" with {skin} skin" if skin else "")]
    if persona.role:
        parts.append(f"Role: {persona.role}")
    if persona.summary and persona.summary != persona.role:
        parts.append(persona.summary)
    if persona.characteristics:
        parts.append(f"Character: {', '.join(persona.characteristics[:6])}")
    if first := _first_sentences(persona.prompt):
        parts.append(first)
    return ". ".join(part.strip().rstrip(".") for part in parts)


def _first_sentences(prompt: str) -> str:
    """The prompt's first paragraph without its markup: mostly who the persona is."""
    paragraph = prompt.strip().split("\n\n")[0]
    plain = paragraph.replace("*", "").replace("_", "").replace("#", "").replace("`", "")
    return " ".join(plain.split())[:600]

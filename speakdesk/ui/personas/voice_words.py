"""A persona's voice in a few words, and why it will not do."""

from __future__ import annotations

from functools import lru_cache

from speakdesk.app.offers import service_offers
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Role
from speakdesk.ui.face import Face
from speakdesk.ui.models.persona_cards import VoiceLine

_LONGEST_ID = 14


@lru_cache(maxsize=1)
def speech_names() -> dict[str, str]:
    """The names of the services that speak, by key."""
    return {offer.key: offer.name for offer in service_offers(Role.TTS)}


def voice_line(face: Face, persona: Persona) -> VoiceLine:
    """`Cartesia · Anna`, and the problem where that voice is gone or of another language."""
    try:
        plan = face.desk.plan(persona)
    except SpeakDeskError as e:
        return VoiceLine("", e.problem)
    service, voice = plan.tts.key, plan.tts.voice
    words = speech_names().get(service, service)
    if voice:
        known = face.desk.studio.known_voice(service, voice)
        short = voice if len(voice) <= _LONGEST_ID else f"{voice[:_LONGEST_ID]}…"
        words = f"{words} · {known.name if known is not None else short}"
    return VoiceLine(words, face.desk.studio.voice_problem(persona, plan))

"""Which voice suits a persona: a language model chooses, or a plain ranking does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

from speakdesk.domain.errors import Problem, Reason, SpeechError, Stage
from speakdesk.domain.persona import Persona
from speakdesk.domain.voice import (
    BY_MODEL,
    BY_RANKING,
    VoiceEntry,
    VoiceMatch,
    rank_voices,
    why_ranked,
)

MOST_OFFERED = 40
_ALTERNATIVES = 5
_LONGEST_S = 40.0
_INSTRUCTIONS = """\
You choose the voice of a text-to-speech service that suits a persona best. You get the persona \
and a numbered list of voices. Answer with the number of one voice of the list and one short \
sentence in English that says why it suits. Weigh gender first, then tone and character, then \
accent."""
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"number": {"type": "integer"}, "why": {"type": "string"}},
    "required": ["number", "why"],
    "additionalProperties": False,
}


class Mind(Protocol):
    """The part of a chat model that is used here."""

    name: str

    async def ask(
        self, instructions: str, text: str, *, schema: dict[str, Any] | None, longest_s: float
    ) -> str: ...


async def choose_voice(
    persona: Persona, voices: Sequence[VoiceEntry], mind: Mind | None
) -> VoiceMatch:
    """The best of the voices that speak the persona's language.

    A model sees the best forty by ranking; what it answers counts only where it names one of them.
    Without a model, or where it fails, the ranking decides and `VoiceMatch.problem` says why.
    Raises SpeechError where no voice speaks the language.
    """
    ranked = rank_voices(voices, persona)
    if not ranked:
        raise SpeechError(_no_voice(persona, voices))
    by_ranking = VoiceMatch(
        ranked[0], why_ranked(ranked[0], persona), BY_RANKING, ranked[1 : 1 + _ALTERNATIVES]
    )
    if mind is None or len(ranked) == 1:
        return by_ranking
    offered = ranked[:MOST_OFFERED]
    try:
        answer = await mind.ask(
            _INSTRUCTIONS, _question(persona, offered), schema=_SCHEMA, longest_s=_LONGEST_S
        )
        voice, why = _read(answer, offered, mind.name)
    except SpeechError as e:
        return VoiceMatch(
            by_ranking.voice, by_ranking.why, BY_RANKING, by_ranking.alternatives, e.problem
        )
    others = tuple(other for other in ranked if other != voice)[:_ALTERNATIVES]
    return VoiceMatch(voice, why or why_ranked(voice, persona), BY_MODEL, others)


def _question(persona: Persona, voices: Sequence[VoiceEntry]) -> str:
    lines = [
        f"Persona: {persona.name}",
        f"Language: {persona.language}",
        f"Gender: {persona.gender or 'not said'}",
        f"Role: {persona.summary or persona.role or 'not said'}",
        f"Characteristics: {', '.join(persona.characteristics[:10]) or 'not said'}",
        f"Speaks with: {', '.join(persona.voice_tone[:10]) or 'not said'}",
        f"From its prompt: {' '.join(persona.prompt.split())[:600]}",
        "",
        "Voices:",
    ]
    for number, voice in enumerate(voices, 1):
        about = ", ".join(part for part in (voice.gender.lower(), voice.language) if part)
        lines.append(f"{number}. {voice.name} ({about}): {voice.description[:160]}")
    return "\n".join(lines)


def _read(answer: str, offered: Sequence[VoiceEntry], who: str) -> tuple[VoiceEntry, str]:
    try:
        data = json.loads(answer)
    except (ValueError, RecursionError):
        data = None
    number = data.get("number") if isinstance(data, dict) else None
    if type(number) is not int or not 1 <= number <= len(offered):
        raise SpeechError(
            Problem(
                Stage.THINK,
                Reason.PROTOCOL,
                f"{who} chose a voice that is not on the list.",
                "The plain ranking chose instead.",
                answer.strip()[:200],
            )
        )
    why = data.get("why") if isinstance(data, dict) else None
    return offered[number - 1], " ".join(why.split())[:300] if isinstance(why, str) else ""


def _no_voice(persona: Persona, voices: Sequence[VoiceEntry]) -> Problem:
    if not voices:
        return Problem(
            Stage.SPEAK,
            Reason.MISSING,
            "There is no list of voices to choose from.",
            "Get the list first, or choose the offline voice (espeak).",
        )
    known = sorted({voice.language for voice in voices if voice.language})
    told = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
    return Problem(
        Stage.SPEAK,
        Reason.UNSUPPORTED,
        f"None of the {len(voices)} voices speaks “{persona.language}”, {persona.name}'s language.",
        f"Choose another service, or another language; it has {told}.",
    )

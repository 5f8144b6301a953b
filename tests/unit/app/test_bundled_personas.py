"""The personas that come along: whole, and each greets in the practice room in its own words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from speakdesk.app.desk import Desk
from speakdesk.app.personas.words import vocabulary
from speakdesk.domain.bot import BotState
from speakdesk.domain.events import Event, LineFinal
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import PRACTICE_LINK
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import SpeechWish
from speakdesk.domain.turns import TurnDetection, TurnRules
from speakdesk.pipeline.build import PipecatVoice, build_voice
from speakdesk.pipeline.context import instructions
from speakdesk.pipeline.contract import VoiceOrder
from speakdesk.pipeline.offline.notes import NotesBrain
from speakdesk.providers import espeak
from speakdesk.store.paths import Paths, shipped
from speakdesk.store.personas.check import check_persona
from speakdesk.store.personas.library import PersonaLibrary
from tests.standins.desk import Seen
from tests.standins.instant import InstantLLM, InstantSTT, InstantTTS

OFFLINE = SpeechWish(stt="sphinx", llm="notes", tts="espeak")
LANGUAGES = {"de": 2, "en": 7, "es": 1, "fr": 2}
# What a person would ask first, and words the answer cannot do without.
ASKED = {
    "accueil_client": [
        ("Quels sont vos tarifs ?", "conseiller vous dit combien"),
        ("Que faites-vous de mes données ?", "effacées"),
        ("Quand est-ce que je pourrai parler à un conseiller ?", "dans la semaine"),
    ],
    "coach_presentation": [
        ("Comment commencer ma présentation ?", "trente premières secondes"),
        ("J'ai le trac, que faire ?", "Expirez lentement"),
        ("Comment répondre aux questions difficiles ?", "Reformulez"),
    ],
    "interviewer": [
        ("How long does the interview take?", "twenty-five minutes"),
        ("What is the STAR method?", "situation, task, action and result"),
        ("How should I talk about my weaknesses?", "real weakness"),
    ],
    "kundenservice": [
        ("Wann bekomme ich mein Geld zurück?", "vierzehn Tagen"),
        ("Wann haben Sie geöffnet?", "acht bis achtzehn"),
        ("Mein Paket ist beschädigt angekommen.", "Foto"),
    ],
    "language_partner": [
        ("How do I say thank you in German?", "danke"),
        ("How do I say goodbye?", "Auf Wiedersehen"),
        ("What is the difference between Sie and du?", "polite"),
        ("Thank you. And how do I order food?", "Rechnung"),
    ],
    "meeting_scribe": [
        ("What do you write down?", "decisions, tasks, open questions"),
        ("Can I say something off the record?", "left out of the notes"),
        ("How do I get a summary?", "Say my name"),
    ],
    "negociacion": [
        ("¿Cómo pido un aumento de sueldo?", "resultados"),
        ("¿Quién hace la primera oferta?", "haz tú la primera oferta"),
        ("¿Cuándo debo levantarme de la mesa?", "peor que tu alternativa"),
    ],
    "onboarding_guide": [
        ("What happens on my first day?", "laptop"),
        ("What do I do when I am ill?", "before ten"),
        ("How many days can I work from home?", "two or three days"),
    ],
    "retro_moderation": [
        ("Wie läuft eine Retrospektive ab?", "vier Teilen"),
        ("Was machen wir, wenn niemand etwas sagt?", "Stille aushalten"),
        ("Wie viele Verabredungen sollen wir treffen?", "höchstens drei"),
    ],
    "sales_sparring": [
        ("What do I say when they say it is too expensive?", "compared with what"),
        ("How do I open a call?", "Say who you are"),
        ("What do I answer to send me an email?", "worth reading"),
    ],
    "standup_facilitator": [
        ("How long does a stand-up take?", "fifteen minutes"),
        ("What are the three questions?", "moved forward"),
        ("What is an obstacle?", "keeps work from going on"),
    ],
    "support_desk": [
        ("I cannot sign in.", "spelling of the address"),
        ("When are you open?", "eight in the morning"),
        ("I was charged twice.", "never the card number"),
    ],
}


@cache
def bundled() -> dict[str, Persona]:
    library = PersonaLibrary(shipped("personas"), Path("/nowhere"))
    library.load()
    assert library.broken() == ()
    return {persona.key: persona for persona in library.all()}


def test_there_are_twelve_in_four_languages() -> None:
    spoken = [persona.language for persona in bundled().values()]
    assert {tag: spoken.count(tag) for tag in sorted(set(spoken))} == LANGUAGES
    assert set(bundled()) == set(ASKED)


@pytest.mark.parametrize("key", sorted(ASKED))
def test_each_is_whole(key: str) -> None:
    persona = bundled()[key]
    assert check_persona(persona, vocabulary()) == ()
    for said in ("role", "summary", "greeting", "entry_message", "language_code", "discloses_ai"):
        assert persona.meta(said), said
    assert persona.tags
    assert persona.prompt
    assert persona.characteristics
    assert persona.voice_tone
    assert persona.knowledge
    assert all(item.text.strip() for item in persona.knowledge)
    assert persona.name in persona.greeting
    assert persona.discloses_ai
    assert espeak.voice_name(persona.language, persona.gender)


@pytest.mark.parametrize("key", sorted(ASKED))
def test_no_part_of_any_is_shortened_for_its_model(key: str) -> None:
    assert "[shortened]" not in instructions(bundled()[key], "Bot")


@pytest.mark.parametrize("key", sorted(ASKED))
def test_without_a_model_its_notes_answer_what_is_asked_first(key: str) -> None:
    persona = bundled()[key]
    for question, words in ASKED[key]:
        brain = NotesBrain(persona)
        answer = brain.answer(question)
        brain.close()
        assert words.lower() in answer.lower(), (question, answer)


@pytest.mark.parametrize("key", sorted(ASKED))
def test_without_a_model_it_says_who_and_what_it_is(key: str) -> None:
    persona = bundled()[key]
    who, what = {
        "de": ("Wer sind Sie?", "Maschine"),
        "en": ("Who are you?", "machine"),
        "es": ("¿Quién eres?", "máquina"),
        "fr": ("Qui êtes-vous ?", "machine"),
    }[persona.language]
    is_human = {
        "de": "Sind Sie ein Mensch?",
        "en": "Are you a real person?",
        "es": "¿Eres una persona?",
        "fr": "Êtes-vous un humain ?",
    }[persona.language]
    brain = NotesBrain(persona)
    said = brain.answer(who)
    assert persona.name in said
    assert "moderierst" not in said
    answer = brain.answer(is_human)
    assert what in answer
    assert not answer.startswith(("Yes", "Ja", "Oui", "Sí"))
    brain.close()


def voice(order: VoiceOrder, emit: Callable[[Event], None]) -> PipecatVoice:
    rules = TurnRules(detection=TurnDetection.SILENCE)
    triple = (InstantSTT(), InstantLLM(), InstantTTS(0.2))
    return build_voice(replace(order, turns=rules), emit, lambda: triple)


async def test_each_greets_in_the_practice_room_in_its_own_words(tmp_path: Path) -> None:
    desk = Desk(Paths.inside(tmp_path), build_voice=voice)
    seen = Seen()
    await desk.open()
    desk.bus.subscribe(seen)
    try:
        for key, persona in bundled().items():
            (bot_id,) = await desk.launch(Launch(PRACTICE_LINK, (key,), speech=OFFLINE))
            await seen.state(BotState.IN_CALL, bot_id)
            await seen.until(lambda e, who=bot_id: _is_said_by(e, who))  # type: ignore[misc]
            assert _said(seen.events, bot_id) == [(persona.name, persona.greeting)]
            assert desk.plan(key, OFFLINE).missing == ()
            await desk.leave(bot_id)
            await seen.state(BotState.ENDED, bot_id)
    finally:
        await desk.close()


def _said(events: list[Event], bot_id: str) -> list[tuple[str, str]]:
    lines = [e for e in events if isinstance(e, LineFinal) and _is_said_by(e, bot_id)]
    return [(line.speaker, line.text) for line in lines]


def _is_said_by(event: Event, bot_id: str) -> bool:
    return isinstance(event, LineFinal) and event.is_bot and event.bot_id == bot_id

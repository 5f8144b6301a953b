"""Makes the three services of a bot from a plan: Pipecat's own classes, bounded (`services/`).

Each vendor is imported where it is first used, by a literal import statement: an SDK costs up to a
quarter of a second. Constructors load and read files, so call these in a thread, or use
`make_services`, which does. Nothing connects before the pipeline starts.

Rates: ears get `rate_hz` as the pipeline hears it (16 kHz); a mouth is asked for the wire's rate
where the vendor offers it (Cartesia), else it speaks at its own (OpenAI: 24 kHz) and the edge
converts once. Addresses of the vendors come from DEEPGRAM_BASE_URL, GLADIA_URL, OPENAI_BASE_URL and
CARTESIA_URL among the keys, for self-hosted vendors and for tests.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from speakdesk.domain.errors import Problem, Reason, SpeechError
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, Role, ServiceChoice, SpeechPlan
from speakdesk.pipeline.catalogue import (
    ROLE_NAMES,
    ServiceEntry,
    base_language,
    compatible_key,
    find,
)
from speakdesk.pipeline.services.patience import Patience
from speakdesk.pipeline.services.problems import STAGES, problem_from_error

if TYPE_CHECKING:
    from pipecat.services.llm_service import LLMService
    from pipecat.services.stt_service import STTService
    from pipecat.services.tts_service import TTSService

__all__ = ["Services", "make_llm", "make_services", "make_stt", "make_tts", "problem_from_error"]

_LANGUAGE_NAMES = {
    "ar": "Arabic",
    "da": "Danish",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "hi": "Hindi",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nb": "Norwegian",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
}


@dataclass(frozen=True, slots=True)
class Services:
    """The three services of one bot."""

    stt: STTService
    llm: LLMService[Any]
    tts: TTSService


async def make_services(
    plan: SpeechPlan,
    keys: Keys,
    persona: Persona,
    *,
    rate_in_hz: int,
    rate_out_hz: int,
    patience: Patience | None = None,
) -> Services:
    """All three, made in a thread. Raises SpeechError where the plan cannot be carried out."""

    def build() -> Services:
        return Services(
            make_stt(plan.stt, keys, persona, rate_in_hz, patience),
            make_llm(plan.llm, keys, persona, patience),
            make_tts(plan.tts, keys, persona, rate_out_hz, patience),
        )

    return await asyncio.to_thread(build)


def make_stt(
    choice: ServiceChoice,
    keys: Keys,
    persona: Persona,
    rate_hz: int,
    patience: Patience | None = None,
) -> STTService:
    """Ears for audio at `rate_hz`, in the persona's language. Raises SpeechError."""
    entry = _entry(Role.STT, choice)
    patience = patience or Patience()
    if entry.key == "sphinx":
        from speakdesk.pipeline.offline.sphinx import PocketSphinxSTTService
        from speakdesk.pipeline.offline.words import persona_words

        return PocketSphinxSTTService(
            language=persona.language, sample_rate=rate_hz, words=persona_words(persona)
        )
    api_key = _key(entry, keys)
    model = choice.model or entry.default_model
    if entry.key == "deepgram":
        from pipecat.services.deepgram.stt import DeepgramSTTSettings

        from speakdesk.pipeline.services.deepgram import REGIONAL_TAGS, DeepgramEars

        tag = persona.language
        return DeepgramEars(
            patience=patience,
            api_key=api_key,
            base_url=choice.base_url or entry.base_url(keys),
            sample_rate=rate_hz,
            settings=DeepgramSTTSettings(
                model=model,
                language=tag if tag in REGIONAL_TAGS else base_language(tag),
                interim_results=True,
                smart_format=True,
                punctuate=True,
            ),
        )
    if entry.key == "gladia":
        from pipecat.services.gladia.config import LanguageConfig, MessagesConfig
        from pipecat.services.gladia.stt import GladiaSTTSettings

        from speakdesk.pipeline.services.gladia import GladiaEars

        return GladiaEars(
            patience=patience,
            api_key=api_key,
            url=choice.base_url or entry.base_url(keys) or entry.default_base_url,
            sample_rate=rate_hz,
            settings=GladiaSTTSettings(
                model=model,
                language_config=LanguageConfig(
                    languages=[base_language(persona.language)], code_switching=False
                ),
                messages_config=MessagesConfig(
                    receive_partial_transcripts=True,
                    receive_final_transcripts=True,
                    receive_acknowledgments=True,
                    receive_errors=True,
                ),
            ),
        )
    from pipecat.services.openai.stt import OpenAISTTSettings

    from speakdesk.pipeline.services.openai import OpenAIEars

    return OpenAIEars(
        patience=patience,
        api_key=api_key,
        base_url=choice.base_url or entry.base_url(keys) or entry.default_base_url,
        sample_rate=rate_hz,
        settings=OpenAISTTSettings(
            model=model, language=_language(base_language(persona.language))
        ),
    )


def make_llm(
    choice: ServiceChoice, keys: Keys, persona: Persona, patience: Patience | None = None
) -> LLMService[Any]:
    """A mind; its instructions come with the context. Raises SpeechError."""
    entry = _entry(Role.LLM, choice)
    if patience is None:
        # A server on somebody's own machine may first have to load the model.
        patience = Patience(token_s=60.0) if entry.key == "compatible" else Patience()
    if entry.key == "notes":
        from speakdesk.pipeline.offline.brain import NotesLLMService

        return NotesLLMService(persona)
    base_url = choice.base_url or entry.base_url(keys) or entry.default_base_url
    model = choice.model or entry.default_model
    from pipecat.services.openai.llm import OpenAILLMService

    settings = OpenAILLMService.Settings(model=model)
    if entry.key == "compatible":
        if not base_url or not model:
            raise _incomplete(
                entry, f"{entry.name} needs both an address and a model; one of them is not set."
            )
        from speakdesk.pipeline.services.openai import CompatibleMind

        return CompatibleMind(
            patience=patience,
            # Without one the SDK would take OPENAI_API_KEY and send it to a stranger.
            api_key=compatible_key(keys, base_url) or "none",
            base_url=base_url,
            settings=settings,
        )
    from speakdesk.pipeline.services.openai import OpenAIMind

    return OpenAIMind(
        patience=patience, api_key=_key(entry, keys), base_url=base_url, settings=settings
    )


def make_tts(
    choice: ServiceChoice,
    keys: Keys,
    persona: Persona,
    rate_hz: int,
    patience: Patience | None = None,
) -> TTSService:
    """A mouth for a wire of `rate_hz`, in the persona's language. Raises SpeechError."""
    entry = _entry(Role.TTS, choice)
    patience = patience or Patience()
    voice = choice.voice or persona.voice_for(entry.key)
    if entry.key == "espeak":
        from speakdesk.pipeline.offline.espeak import EspeakTTSService

        return EspeakTTSService(
            language=persona.language, gender=persona.gender, voice=voice, speed=persona.speed
        )
    api_key = _key(entry, keys)
    voice = voice or entry.voice(persona.gender, persona.language)
    model = choice.model or entry.default_model
    base_url = choice.base_url or entry.base_url(keys) or entry.default_base_url
    if entry.key == "cartesia":
        from pipecat.services.cartesia.tts import CartesiaTTSSettings, GenerationConfig

        from speakdesk.pipeline.services.cartesia import CartesiaMouth, nearest_rate
        from speakdesk.providers.voices import cartesia

        speed = cartesia.pace(persona.speed)
        return CartesiaMouth(
            patience=patience,
            api_key=api_key,
            url=base_url,
            sample_rate=nearest_rate(rate_hz),
            settings=CartesiaTTSSettings(
                model=model,
                voice=voice,
                language=_language(persona.language),
                generation_config=None if speed is None else GenerationConfig(speed=speed),
            ),
        )
    from pipecat.services.openai.tts import OpenAITTSSettings

    from speakdesk.pipeline.services.openai import OpenAIMouth
    from speakdesk.providers.voices import openai

    return OpenAIMouth(
        patience=patience,
        api_key=api_key,
        base_url=base_url,
        sample_rate=24000,
        settings=OpenAITTSSettings(
            model=model,
            voice=voice,
            # OpenAI takes no language; its newer models follow an instruction.
            instructions=None if model.startswith("tts-1") else _manner(persona),
            speed=openai.pace(persona.speed),
        ),
    )


def _entry(role: Role, choice: ServiceChoice) -> ServiceEntry:
    entry = find(role, choice.key)
    if entry is None:
        raise SpeechError(
            Problem(
                STAGES[role],
                Reason.UNSUPPORTED,
                f"There is no {ROLE_NAMES[role]} service “{choice.key}”.",
                "Choose another one for this launch, in the persona or in Settings.",
            )
        )
    return entry


def _key(entry: ServiceEntry, keys: Keys) -> str:
    api_key = entry.api_key(keys)
    if not api_key:
        raise _incomplete(entry, f"{entry.name} needs a key and {entry.key_names[0]} is not set.")
    return api_key


def _incomplete(entry: ServiceEntry, sentence: str) -> SpeechError:
    return SpeechError(
        Problem(
            STAGES[entry.role],
            Reason.MISSING,
            sentence,
            "Add it in Settings, or choose another service.",
        )
    )


def _language(wanted: str) -> Any:
    """Pipecat's language for a tag: the tag where it knows it, else its base, else as is."""
    from pipecat.transcriptions.language import Language

    for tag in (wanted, base_language(wanted)):
        try:
            return Language(tag)
        except ValueError:
            continue
    return wanted


def _manner(persona: Persona) -> str:
    base = base_language(persona.language)
    language = _LANGUAGE_NAMES.get(base, f"the language with the code “{persona.language}”")
    return "\n".join((f"Speak {language}.", *persona.voice_tone))

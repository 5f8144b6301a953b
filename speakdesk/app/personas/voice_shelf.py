"""The voices a persona may have: listed, kept for the time without a network, heard, checked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
from loguru import logger

from speakdesk.domain.clock import Clock
from speakdesk.domain.errors import Problem, Reason, SpeakDeskError, SpeechError, Stage
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, Role, SpeechPlan, SpeechWish
from speakdesk.domain.voice import Sample, VoiceEntry, VoiceList, base_of, search_voices
from speakdesk.providers import espeak
from speakdesk.providers.vendor import missing_key
from speakdesk.providers.voices import cartesia, offline, openai
from speakdesk.store.studio_cache import KeptVoices, StudioCache

FRESH = timedelta(hours=24)
NOT_AGAIN = timedelta(minutes=10)
LONGEST_SAMPLE = 400
_GREETINGS = {
    "de": "Hallo, so klinge ich, wenn ich spreche.",
    "en": "Hello, this is how I sound when I speak.",
    "es": "Hola, así sueno cuando hablo.",
    "fr": "Bonjour, voici ma voix quand je parle.",
    "it": "Ciao, questa è la mia voce quando parlo.",
    "nl": "Hallo, zo klink ik als ik praat.",
    "pl": "Cześć, tak brzmię, kiedy mówię.",
    "pt": "Olá, é assim que eu falo.",
}


class VoiceShelf:
    """Voices of Cartesia (fetched, kept), OpenAI (a fixed list) and eSpeak NG (this computer)."""

    def __init__(
        self,
        cache: StudioCache,
        keys: Callable[[], Keys],
        defaults: Callable[[], SpeechWish],
        clock: Clock,
        *,
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._cache = cache
        self._keys = keys
        self._defaults = defaults
        self._clock = clock
        self._http = http
        self._sleep = sleep
        self._held: KeptVoices | None = None
        self._is_loaded = False
        self._tried: datetime | None = None
        self._fetching = asyncio.Lock()

    async def load(self) -> None:
        """Read what was kept, so that `problem` can look at it. Safe to call twice."""
        if not self._is_loaded:
            self._held = await asyncio.to_thread(self._cache.voices, cartesia.SERVICE)
            self._is_loaded = True

    async def freshen(self, longest_s: float) -> None:
        """Fetch the list anew where it is older than a day and there is a key; quiet in trouble."""
        await self.load()
        now = self._clock.now()
        has_just_tried = self._tried is not None and now - self._tried < NOT_AGAIN
        if not self._keys().has("CARTESIA_API_KEY") or self._is_fresh() or has_just_tried:
            return
        self._tried = now
        try:
            async with asyncio.timeout(longest_s):
                found = await self.all(cartesia.SERVICE)
        except TimeoutError:
            logger.info("the list of voices stays as it is: Cartesia is slow")
            return
        if found.problem is not None:
            logger.info("the list of voices stays as it is: {}", found.problem.sentence)

    def service_for(self, language: str = "") -> str:
        """The service that would speak for a persona that asks for none."""
        from speakdesk.pipeline.catalogue import plan_speech

        nobody = Persona("nobody", "Nobody", metadata={"language_code": language})
        return plan_speech(nobody, SpeechWish(), self._defaults(), self._keys()).tts.key

    async def voices(
        self,
        service: str = "",
        *,
        language: str = "",
        gender: str = "",
        words: str = "",
        refresh: bool = False,
        on_progress: Callable[[int], None] = lambda count: None,
    ) -> VoiceList:
        """The voices that fit; see `PersonaStudio.voices`."""
        found = await self.all(service or self.service_for(language), refresh, on_progress)
        fitting = search_voices(found.voices, language=language, gender=gender, words=words)
        return VoiceList(found.service, fitting, found.from_cache, found.fetched_at, found.problem)

    async def all(
        self,
        service: str,
        refresh: bool = False,
        on_progress: Callable[[int], None] = lambda count: None,
    ) -> VoiceList:
        """Every voice of a service. Trouble is told in `VoiceList.problem`, never raised."""
        match service.strip().lower():
            case openai.SERVICE:
                return VoiceList(openai.SERVICE, openai.VOICES)
            case offline.SERVICE | "offline" | "espeak-ng":
                try:
                    return VoiceList(offline.SERVICE, await asyncio.to_thread(offline.voices))
                except SpeechError as e:
                    return VoiceList(offline.SERVICE, problem=e.problem)
            case cartesia.SERVICE:
                async with self._fetching:
                    return await self._cartesia(refresh, on_progress)
            case _:
                return VoiceList(service, problem=_unknown_service(service))

    async def sample(
        self, voice: VoiceEntry, text: str, language: str, speed: float | None = None
    ) -> Sample:
        """The text as the voice speaks it; see `PersonaStudio.sample`."""
        spoken = " ".join(text.split())[:LONGEST_SAMPLE]
        spoken = spoken or _GREETINGS.get(base_of(language), _GREETINGS["en"])
        if voice.service == offline.SERVICE:
            return await asyncio.to_thread(offline.sample, voice.id, spoken, language, speed)
        model = self._model(voice.service)
        about = (voice.service, voice.id, model, base_of(language), f"{speed or 1:g}", spoken)
        kept = await asyncio.to_thread(self._cache.sample, *about)
        if kept is not None:
            return kept
        sample = await self._speak(voice, spoken, language, model, speed)
        await self._write(self._cache.keep_sample, sample, *about)
        return sample

    async def hear(self, persona: Persona, plan: SpeechPlan) -> Sample:
        """A persona's greeting as it will be heard; see `PersonaStudio.hear`."""
        tts = plan.tts
        voice_id = tts.voice
        if tts.key == offline.SERVICE:
            who = (persona.language, persona.gender, voice_id)
            voice_id = await asyncio.to_thread(espeak.voice_name, *who)
        voice = self.known(tts.key, voice_id) or VoiceEntry(tts.key, voice_id, voice_id)
        return await self.sample(voice, persona.greeting, persona.language, persona.speed)

    def known(self, service: str, voice_id: str) -> VoiceEntry | None:
        """A voice by its id, from what is in memory."""
        held: tuple[VoiceEntry, ...] = ()
        if service == cartesia.SERVICE and self._held is not None:
            held = self._held.voices
        elif service == openai.SERVICE:
            held = openai.VOICES
        return next((voice for voice in held if voice.id == voice_id), None)

    def problem(self, persona: Persona, plan: SpeechPlan) -> Problem | None:
        """What is wrong with the voice a plan chose; see `PersonaStudio.voice_problem`."""
        voice, service = plan.tts.voice, plan.tts.key
        if not voice:
            return None
        if service == cartesia.SERVICE:
            return self._cartesia_problem(persona, voice)
        if service == openai.SERVICE:
            return self._openai_problem(persona, voice)
        if service == offline.SERVICE:
            return _offline_problem(persona, voice)
        return None

    # -- inside ---------------------------------------------------------------------------------

    def _is_fresh(self) -> bool:
        return self._held is not None and self._clock.now() - self._held.fetched_at < FRESH

    async def _cartesia(self, refresh: bool, on_progress: Callable[[int], None]) -> VoiceList:
        await self.load()
        if self._is_fresh() and not refresh:
            return self._kept(None)
        try:
            client = self._client()
        except SpeechError as e:
            return self._kept(e.problem)
        try:
            fetched = await client.voices(on_progress)
        except SpeechError as e:
            return self._kept(e.problem)
        finally:
            await client.aclose()
        self._held = KeptVoices(fetched, self._clock.now())
        await self._write(self._cache.keep_voices, cartesia.SERVICE, self._held)
        return VoiceList(cartesia.SERVICE, fetched, fetched_at=self._held.fetched_at)

    def _kept(self, problem: Problem | None) -> VoiceList:
        if self._held is None:
            return VoiceList(cartesia.SERVICE, problem=problem)
        return VoiceList(cartesia.SERVICE, self._held.voices, True, self._held.fetched_at, problem)

    def _client(self) -> cartesia.CartesiaVoices:
        keys = self._keys()
        return cartesia.CartesiaVoices(
            keys.get("CARTESIA_API_KEY"),
            url=keys.get("CARTESIA_URL"),
            http=self._http,
            sleep=self._sleep,
        )

    async def _speak(
        self, voice: VoiceEntry, text: str, language: str, model: str, speed: float | None
    ) -> Sample:
        if voice.service == cartesia.SERVICE:
            client = self._client()
            try:
                base = base_of(language) or "en"
                return await client.sample(voice.id, text, base, model, speed)
            finally:
                await client.aclose()
        if voice.service != openai.SERVICE:
            raise SpeechError(_unknown_service(voice.service))
        keys = self._keys()
        if not keys.has("OPENAI_API_KEY"):
            raise missing_key(openai.VENDOR)
        speaker = openai.OpenAIVoices(
            keys.get("OPENAI_API_KEY"),
            url=keys.get("OPENAI_BASE_URL"),
            http=self._http,
            sleep=self._sleep,
        )
        try:
            return await speaker.sample(voice.id, text, model=model, speed=speed)
        finally:
            await speaker.aclose()

    def _model(self, service: str) -> str:
        from speakdesk.pipeline.catalogue import find

        defaults = self._defaults()
        if defaults.tts == service and defaults.tts_model:
            return defaults.tts_model
        entry = find(Role.TTS, service)
        return entry.default_model if entry else ""

    def _cartesia_problem(self, persona: Persona, voice_id: str) -> Problem | None:
        if self._held is None or not self._held.voices:
            return None
        known = {voice.id: voice for voice in self._held.voices}
        voice = known.get(voice_id)
        if voice is None:
            return _gone(persona, voice_id, "Cartesia", _day(self._held.fetched_at))
        return _foreign(persona, voice)

    def _openai_problem(self, persona: Persona, voice_id: str) -> Problem | None:
        # Another server behind OpenAI's protocol has voices of its own.
        if self._keys().has("OPENAI_BASE_URL"):
            return None
        if voice_id.lower() in {voice.id for voice in openai.VOICES}:
            return None
        return _gone(persona, voice_id, "OpenAI", "")

    async def _write(self, keep: Callable[..., None], *about: object) -> None:
        try:
            await asyncio.to_thread(keep, *about)
        except OSError as e:
            logger.warning("the studio's cache cannot be written: {}", e.strerror or e)


def _offline_problem(persona: Persona, voice_id: str) -> Problem | None:
    if not espeak.is_loaded():
        return None
    try:
        name = espeak.voice_name(persona.language, persona.gender, voice_id)
    except SpeakDeskError as e:
        return replace(e.problem, reason=Reason.NOT_FOUND)
    stem = name.partition("+")[0]
    for voice in espeak.voices():
        if stem in (voice.identifier.rpartition("/")[2], voice.language):
            if any(base_of(tag) == base_of(persona.language) for tag in voice.languages):
                return None
            entry = VoiceEntry(offline.SERVICE, name, voice.name, voice.language)
            return _foreign(persona, entry)
    return None


def _gone(persona: Persona, voice_id: str, service: str, day: str) -> Problem:
    since = f" of {day}" if day else ""
    return Problem(
        Stage.SPEAK,
        Reason.NOT_FOUND,
        f"{persona.name}'s voice {voice_id} is not among {service}'s voices{since}; it may have "
        "been deleted, or belong to another account.",
        "Choose another voice for this persona, or let SpeakDesk match one.",
    )


def _foreign(persona: Persona, voice: VoiceEntry) -> Problem | None:
    if voice.speaks(persona.language):
        return None
    return Problem(
        Stage.SPEAK,
        Reason.UNSUPPORTED,
        f"{persona.name} speaks “{persona.language}”, and the voice {voice.name} is made for "
        f"“{voice.language}”: it would speak with an accent, or badly.",
        "Choose a voice of that language, or let SpeakDesk match one.",
    )


def _unknown_service(service: str) -> Problem:
    return Problem(
        Stage.SPEAK,
        Reason.BAD_INPUT,
        f"There is no list of voices for “{service}”.",
        "Choose cartesia, openai or espeak.",
    )


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"

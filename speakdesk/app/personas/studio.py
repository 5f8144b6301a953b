"""The persona studio: voices to choose and hear, pictures to draw, drafts from a sentence.

Everything that takes time may be cancelled by cancelling the call: what runs at a vendor is then
stopped there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from speakdesk.app.personas.drafting import INSTRUCTIONS, SCHEMA, checked_sentence, read_draft
from speakdesk.app.personas.pictures import OnProgress, PictureStudio
from speakdesk.app.personas.shelf import PersonaShelf
from speakdesk.app.personas.voice_match import choose_voice
from speakdesk.app.personas.voice_shelf import VoiceShelf
from speakdesk.domain.clock import Clock, SystemClock
from speakdesk.domain.errors import Problem, Reason, SpeechError, Stage
from speakdesk.domain.persona import Persona
from speakdesk.domain.persona_draft import PersonaDraft
from speakdesk.domain.picture import Box, Picture
from speakdesk.domain.speech import Keys, SpeechPlan, SpeechWish
from speakdesk.domain.voice import Sample, VoiceEntry, VoiceList, VoiceMatch
from speakdesk.store.studio_cache import StudioCache

if TYPE_CHECKING:
    from speakdesk.providers.chat_model import ChatModel

# Those whose voices can be listed and heard; the best first.
VOICE_SERVICES = ("cartesia", "openai", "espeak")
_LONGEST_DRAFT_S = 120.0


class PersonaStudio:
    """Composed by the Desk as `desk.studio`.

    `keys` and `defaults` (the settings' speech services) are asked each time. `cache` is the folder
    for what may be fetched again.
    """

    def __init__(
        self,
        cache: Path,
        keys: Callable[[], Keys],
        defaults: Callable[[], SpeechWish],
        personas: PersonaShelf,
        *,
        clock: Clock | None = None,
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        kept = StudioCache(cache / "studio")
        self._keys = keys
        self._defaults = defaults
        self._personas = personas
        self._shelf = VoiceShelf(
            kept, keys, defaults, clock or SystemClock(), http=http, sleep=sleep
        )
        self._pictures = PictureStudio(kept, keys, personas, http=http, sleep=sleep)

    async def load(self) -> None:
        """Read what was kept of voices; `voice_problem` finds nothing before. Safe twice."""
        await self._shelf.load()

    async def freshen(self, longest_s: float = 4.0) -> None:
        """Renew the kept list of voices where it is older than a day and a key is at hand.

        Within `longest_s`; a failure changes nothing, is only logged, and is tried again after ten
        minutes at the earliest.
        """
        await self._shelf.freshen(longest_s)

    def plan(self, persona: Persona, wish: SpeechWish | None = None) -> SpeechPlan:
        """The speech services of a bot, with what is wrong with its voice among the warnings."""
        from speakdesk.pipeline.catalogue import plan_speech

        plan = plan_speech(persona, wish or SpeechWish(), self._defaults(), self._keys())
        return self.with_voice_warning(persona, plan)

    # -- voices ---------------------------------------------------------------------------------

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
        """The voices of `cartesia`, `openai` or `espeak` that fit; empty means the desk's own.

        A list younger than a day is not fetched again unless `refresh` says so. Without a network
        or a key the kept list is given, with `problem`; nothing is raised. `on_progress` hears how
        many voices have come.
        """
        return await self._shelf.voices(
            service,
            language=language,
            gender=gender,
            words=words,
            refresh=refresh,
            on_progress=on_progress,
        )

    async def sample(
        self, voice: VoiceEntry, text: str, language: str, speed: float | None = None
    ) -> Sample:
        """The text (400 characters at most, a short sentence for none) as this voice speaks it.

        `speed` is a persona's, 1.0 the voice's own pace. Kept, so that hearing it again costs
        nothing. Raises SpeechError.
        """
        return await self._shelf.sample(voice, text, language, speed)

    async def hear(self, persona: Persona, plan: SpeechPlan) -> Sample:
        """A persona's own greeting in the voice its plan chose. Raises SpeechError."""
        return await self._shelf.hear(persona, plan)

    async def match_voice(self, persona: Persona, service: str = "") -> VoiceMatch:
        """The voice that suits a persona: the language model's choice, else a plain ranking's.

        `service` empty: the one the persona's file asks for, else the desk's own. Raises
        SpeechError where no voice speaks the persona's language.
        """
        wanted = service or persona.speech.tts or self._shelf.service_for(persona.language)
        found = await self._shelf.all(wanted)
        if not found.voices and found.problem is not None:
            raise SpeechError(found.problem)
        mind, problem = None, found.problem
        try:
            mind = await self._mind()
        except SpeechError as e:
            problem = e.problem
        try:
            match = await choose_voice(persona, found.voices, mind)
        finally:
            if mind is not None:
                await mind.aclose()
        return match if match.problem else replace(match, problem=problem)

    def with_voice(self, persona: Persona, voice: VoiceEntry) -> Persona:
        """The persona with this voice in its file, not saved: `cartesia_voice_id` and the like.

        `tts` is set too where another service would speak otherwise.
        """
        name = "cartesia_voice_id" if voice.service == "cartesia" else f"{voice.service}_voice"
        metadata = {**persona.metadata, name: voice.id}
        usual = persona.speech.tts or self._shelf.service_for(persona.language)
        if usual != voice.service:
            metadata["tts"] = voice.service
        return replace(persona, metadata=metadata)

    def voice_problem(self, persona: Persona, plan: SpeechPlan) -> Problem | None:
        """Why the chosen voice will not do: it is gone, or it is of another language.

        Looks only at what is in memory, so it may be asked anywhere; None where nothing is known.
        """
        return self._shelf.problem(persona, plan)

    def known_voice(self, service: str, voice_id: str) -> VoiceEntry | None:
        """The voice a file names, where the list in memory has it."""
        return self._shelf.known(service, voice_id)

    def with_voice_warning(self, persona: Persona, plan: SpeechPlan) -> SpeechPlan:
        """The plan, with what `voice_problem` found among its warnings."""
        problem = self.voice_problem(persona, plan)
        if problem is None:
            return plan
        told = f"{problem.sentence} {problem.next_step}".strip()
        return replace(plan, warnings=(*plan.warnings, told))

    # -- pictures -------------------------------------------------------------------------------

    def picture_services(self) -> tuple[str, ...]:
        """The services that can draw now: `replicate`, `openai`; the first is taken unasked."""
        return self._pictures.services()

    async def draw(
        self,
        persona_or_text: Persona | str,
        *,
        service: str = "",
        on_progress: OnProgress = lambda progress: None,
    ) -> Picture:
        """A new portrait of a persona, or of what a person wrote; nothing is saved.

        Raises PersonaError: no key, the vendor's refusal, a picture that is none.
        """
        return await self._pictures.draw(persona_or_text, service=service, on_progress=on_progress)

    async def check_picture(self, data: bytes, box: Box | None = None) -> Picture:
        """The picture in a file's bytes (PNG, JPEG, WebP), or its part in `box`.

        At most 1024 pixels a side, with nothing in it but pixels. Raises PersonaError that says
        what is wrong with it.
        """
        return await self._pictures.check(data, box)

    async def crop(self, picture: Picture, box: Box) -> Picture:
        """A part of a picture. Raises PersonaError where the box does not lie inside it."""
        return await self._pictures.check(picture.data, box)

    async def attach_picture(self, persona: Persona, picture: Picture) -> Persona:
        """Put the picture into the persona's own folder and its name into the file; saved.

        A bundled persona becomes the person's own copy. Raises PersonaError.
        """
        return await self._pictures.attach(persona, picture)

    async def remove_picture(self, persona: Persona) -> Persona:
        """Take the picture out of the persona's own folder and its name out of the file; saved.

        A bundled persona becomes the person's own copy. Raises PersonaError.
        """
        return await self._pictures.remove(persona)

    async def public_picture(self, persona: Persona) -> str:
        """An https address of the picture for a provider.

        The one the file names, else UploadThing's where UTFS_KEY and APP_ID are set (each picture
        is put there once), else empty: `camera_picture` is then for our own tunnel to serve.
        Raises PersonaError.
        """
        return await self._pictures.public_address(persona)

    async def camera_picture(self, persona: Persona) -> Picture | None:
        """The picture as the bot's camera shows it: JPEG, 1280 by 720; None where it has none."""
        return await self._pictures.for_camera(persona)

    # -- drafts ---------------------------------------------------------------------------------

    async def draft(self, sentence: str) -> PersonaDraft:
        """A whole persona from one sentence, for review; nothing is saved.

        Raises PersonaError for an empty sentence or an unusable draft, SpeechError where there is
        no language model or it fails.
        """
        told = checked_sentence(sentence)
        mind = await self._mind()
        if mind is None:
            raise SpeechError(_no_model())
        try:
            answer = await mind.ask(INSTRUCTIONS, told, schema=SCHEMA, longest_s=_LONGEST_DRAFT_S)
        finally:
            await mind.aclose()
        taken = {persona.key for persona in self._personas.all()}
        return read_draft(told, answer, taken)

    async def _mind(self) -> ChatModel | None:
        from speakdesk.app.past.minds import mind_for, plan_of_desk

        keys = self._keys()
        return await mind_for(plan_of_desk(self._defaults(), keys), keys)


def _no_model() -> Problem:
    return Problem(
        Stage.THINK,
        Reason.MISSING,
        "No language model is set up, and the offline notes brain cannot write a persona.",
        "Add OPENAI_API_KEY, or OPENAI_BASE_URL with LLM_MODEL for a model of your own, in "
        "Settings under Keys; or write the persona by hand.",
    )

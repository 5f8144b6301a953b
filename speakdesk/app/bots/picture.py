"""A bot's picture while it lives: uploaded where that is set up, else served by our own door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from speakdesk.app.bots.order import BotOrder
from speakdesk.app.personas.studio import PersonaStudio
from speakdesk.domain.errors import Problem, Reason, SpeakDeskError, Stage
from speakdesk.domain.events import Event, Notice
from speakdesk.domain.persona import Persona
from speakdesk.domain.picture import ShownPicture
from speakdesk.gateway.avatars import Avatars

_LONGEST_S = 15.0


class BotPictures:
    """Gives each bot its persona's picture. A picture that fails never keeps a bot from joining."""

    def __init__(
        self, studio: PersonaStudio, avatars: Avatars, publish: Callable[[Event], None]
    ) -> None:
        self._studio = studio
        self._avatars = avatars
        self._publish = publish

    @asynccontextmanager
    async def show(self, order: BotOrder) -> AsyncIterator[ShownPicture]:
        """Where the provider fetches the picture, for as long as the block runs.

        What the launch or the persona's file names as an address is used as it is. Trouble is told
        as a Notice.
        """
        persona = order.persona
        is_settled = order.image_url or order.options.images
        if persona is None or is_settled or not order.provider.needs_public_url:
            yield ShownPicture(order.image_url)
            return
        shown = await self._offer(persona)
        try:
            yield shown
        finally:
            if shown.path:
                self._avatars.withdraw(shown.path)

    async def _offer(self, persona: Persona) -> ShownPicture:
        try:
            async with asyncio.timeout(_LONGEST_S):
                if address := await self._studio.public_picture(persona):
                    return ShownPicture(address)
        except TimeoutError:
            self._tell(persona, _slow())
        except SpeakDeskError as e:
            self._tell(persona, e.problem)
        try:
            picture = await self._studio.camera_picture(persona)
            if picture is None:
                return ShownPicture()
            return ShownPicture(path=self._avatars.serve(picture.data, picture.media_type))
        except SpeakDeskError as e:
            self._tell(persona, e.problem)
            return ShownPicture()

    def _tell(self, persona: Persona, problem: Problem) -> None:
        sentence = f"{persona.name}'s picture: {problem.sentence}"
        self._publish(Notice(level="attention", sentence=sentence, next_step=problem.next_step))


def _slow() -> Problem:
    return Problem(
        Stage.PERSONA,
        Reason.TIMEOUT,
        "UploadThing takes too long, so the picture comes from this computer instead.",
        is_permanent=False,
    )

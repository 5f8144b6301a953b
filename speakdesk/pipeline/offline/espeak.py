"""A mouth without a key or a network: a Pipecat TTS service over eSpeak NG."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from pipecat.frames.frames import ErrorFrame, Frame, TTSAudioRawFrame
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.transcriptions.language import Language

from speakdesk.domain.errors import SpeechError
from speakdesk.providers import espeak

PIECE_S = 0.04
BETWEEN_SENTENCES_S = 0.18
_PIECES_A_BREATH = 25


class EspeakTTSService(TTSService):
    """Speaks offline, in the persona's language, at eSpeak's own rate (22050 Hz) in 40 ms pieces.

    The edge resamples, once. Text with nothing to say becomes one piece of silence. Construct it
    off the loop: the first one loads the library. Raises SpeechError where no voice fits.
    """

    def __init__(
        self,
        *,
        language: str = "en",
        gender: str = "",
        voice: str = "",
        speed: float | None = None,
        **kwargs: Any,
    ) -> None:
        chosen = espeak.voice_name(language, gender, voice)
        super().__init__(
            push_start_frame=True,
            push_stop_frames=True,
            sample_rate=espeak.RATE_HZ,
            settings=TTSSettings(model="espeak-ng", voice=chosen, language=language),
            **kwargs,
        )
        self._speed_wpm = espeak.words_a_minute(speed)
        self._last_context = ""

    def can_generate_metrics(self) -> bool:
        """TTFB and usage."""
        return True

    def language_to_service_language(self, language: Language) -> str | None:
        """eSpeak takes the tag as it is and falls back by itself."""
        return str(language)

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """Speak one sentence; a pause goes before every further one of the same reply."""
        try:
            speech = await asyncio.to_thread(
                espeak.synthesize,
                text,
                voice=str(self._settings.voice or ""),
                language=str(self._settings.language or "en"),
                speed_wpm=self._speed_wpm,
            )
        except SpeechError as error:
            yield ErrorFrame(error.problem.sentence, exception=error)
            return
        await self.start_tts_usage_metrics(text)
        await self.stop_ttfb_metrics()
        pcm = speech.pcm or bytes(_bytes(speech.rate_hz, PIECE_S))
        if context_id == self._last_context:
            pcm = bytes(_bytes(speech.rate_hz, BETWEEN_SENTENCES_S)) + pcm
        self._last_context = context_id
        size = _bytes(speech.rate_hz, PIECE_S)
        for index, start in enumerate(range(0, len(pcm), size)):
            yield TTSAudioRawFrame(
                pcm[start : start + size], speech.rate_hz, 1, context_id=context_id
            )
            if index % _PIECES_A_BREATH == _PIECES_A_BREATH - 1:
                await asyncio.sleep(0)


def _bytes(rate_hz: int, seconds: float) -> int:
    return round(rate_hz * seconds) * 2

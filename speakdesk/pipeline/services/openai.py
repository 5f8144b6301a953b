"""OpenAI's protocol as ears, mind and mouth: Pipecat's classes with bounded waits.

Every request is its own connection attempt, so these need no reviving; they need a bound. The SDK
would wait ten minutes, and as long as a `retry-after` says (up to a minute) before a retry.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from openai import APIConnectionError, APIError, APITimeoutError, InternalServerError, Timeout
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    TranscriptionFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.openai.stt import OpenAISTTService
from pipecat.services.openai.tts import OpenAITTSService
from pipecat.utils.http import TIMEOUT_EXCEPTIONS

from speakdesk.pipeline.services.patience import Patience, VendorSilent
from speakdesk.pipeline.utterances import mark_utterance, utterance_number

if TYPE_CHECKING:
    from pipecat.services.ai_service import AIService

    _Base = AIService
else:
    _Base = object

_T = TypeVar("_T")
_RETRY_AFTER_S = 0.2
_TIMEOUTS: tuple[type[Exception], ...] = (TimeoutError, *TIMEOUT_EXCEPTIONS)
_SDK_TIMEOUTS: tuple[type[Exception], ...] = (APITimeoutError, *_TIMEOUTS)


def _bounded(client: Any, patience: Patience, wait_s: float) -> Any:
    timeout = Timeout(wait_s, connect=min(patience.connect_s, wait_s))
    return client.with_options(timeout=timeout, max_retries=0)


async def _once_more(request: Callable[[], Awaitable[_T]]) -> _T:
    """The request's answer, asked for twice where the line dropped or the server stumbled."""
    try:
        return await request()
    except APITimeoutError:
        raise
    except (APIConnectionError, InternalServerError):
        await asyncio.sleep(_RETRY_AFTER_S)
        return await request()


class _ClosesItsClient(_Base):
    """Mixin: gives the SDK's connections back at the end, which Pipecat leaves to the collector."""

    _client: Any

    async def cleanup(self) -> None:
        """Release what the service holds."""
        await super().cleanup()  # type: ignore[no-untyped-call]
        await self._client.close()


class OpenAIEars(_ClosesItsClient, OpenAISTTService):
    """OpenAI's transcription of each thing said, once it is said.

    The segmented service, not the realtime one: it takes the 16 kHz we have (realtime wants 24 kHz,
    a second resampling), works with every compatible server, has no session to outlive (realtime
    ends one after an hour), and our own VAD has found the end of speech anyway.
    """

    def __init__(self, *, patience: Patience, **options: Any) -> None:
        super().__init__(**options)
        self._client = _bounded(self._client, patience, patience.transcript_s)
        self._patience = patience
        self._failure: Exception | None = None
        # One for each segment that waits to be transcribed, as Pipecat's queue holds them.
        self._numbers: deque[int | None] = deque()

    async def _handle_user_stopped_speaking(self, frame: VADUserStoppedSpeakingFrame) -> None:
        if self.is_usable:
            self._numbers.append(utterance_number(frame))
        await super()._handle_user_stopped_speaking(frame)

    async def _transcribe(self, audio: bytes) -> Any:
        try:
            async with asyncio.timeout(self._patience.transcript_s):
                return await _once_more(lambda: super(OpenAIEars, self)._transcribe(audio))
        except (TimeoutError, APITimeoutError) as error:
            self._failure = VendorSilent(self._patience.transcript_s, "transcript")
            raise self._failure from error
        except Exception as error:
            self._failure = error
            raise

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame, None]:
        """Transcribe one thing said; Pipecat's error frame gets the exception it leaves out."""
        self._failure = None
        number = self._numbers.popleft() if self._numbers else None
        async for frame in super().run_stt(audio):
            if isinstance(frame, TranscriptionFrame):
                mark_utterance(frame, number)
            if isinstance(frame, ErrorFrame) and frame.exception is None:
                frame.exception = self._failure
            yield frame


class OpenAIMind(_ClosesItsClient, OpenAILLMService):
    """An OpenAI model."""

    def __init__(self, *, patience: Patience, **options: Any) -> None:
        super().__init__(**options)
        self._client = _bounded(self._client, patience, patience.token_s)
        self._patience = patience

    async def get_chat_completions(self, context: Any) -> Any:
        """The stream of chunks; the first within `patience.token_s`, and so each next one."""
        wait_s = self._patience.token_s
        try:
            async with asyncio.timeout(wait_s):
                stream = await _once_more(
                    lambda: super(OpenAIMind, self).get_chat_completions(context)
                )
        except (TimeoutError, APITimeoutError) as error:
            raise VendorSilent(wait_s, "answer") from error
        return _BoundedStream(stream, wait_s)


class CompatibleMind(OpenAIMind):
    """A model behind any server that speaks OpenAI's protocol.

    Ollama, LM Studio and most others know no "developer" role.
    """

    supports_developer_role = False


class _BoundedStream:
    """A stream of chunks that raises VendorSilent where the next one does not come.

    The HTTP client's own read timeout is reset by the comments some servers send to stay alive.
    """

    def __init__(self, stream: Any, wait_s: float) -> None:
        self._stream = stream
        self._chunks = stream.__aiter__()
        self._wait_s = wait_s

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        try:
            async with asyncio.timeout(self._wait_s):
                return await anext(self._chunks)
        except _TIMEOUTS as error:
            raise VendorSilent(self._wait_s, "next word of the answer") from error

    async def close(self) -> None:
        """Close the stream and give its connection back."""
        if hasattr(self._chunks, "aclose"):
            await self._chunks.aclose()
        await self._stream.close()


class OpenAIMouth(_ClosesItsClient, OpenAITTSService):
    """OpenAI's synthesis, 24 kHz whatever the wire carries."""

    def __init__(self, *, patience: Patience, **options: Any) -> None:
        super().__init__(
            stop_frame_timeout_s=patience.audio_s,
            max_consecutive_zero_audio_contexts=0,
            **options,
        )
        self._client = _bounded(self._client, patience, patience.audio_s)
        self._patience = patience

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """Speak a sentence; Pipecat lets all errors but one fly past the turn."""
        try:
            async for frame in super().run_tts(text, context_id):
                yield frame
        except _SDK_TIMEOUTS:
            silent = VendorSilent(self._patience.audio_s, "sound")
            yield ErrorFrame(str(silent), exception=silent)
        except APIError as error:
            yield ErrorFrame(f"Error getting audio: {error}", exception=error)

    async def _synthesize_text(self, text: str, context_id: str) -> None:
        # Pipecat would write what goes unspoken into the log.
        if self.is_usable:
            await super()._synthesize_text(text, context_id)

    async def on_turn_context_completed(self) -> None:
        """Close the turn: an HTTP answer is complete here, with sound or without."""
        self._is_yielding_frames_synchronously = True
        await super().on_turn_context_completed()  # type: ignore[no-untyped-call]

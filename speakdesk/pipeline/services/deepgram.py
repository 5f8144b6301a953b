"""Deepgram as a bot's ears: Pipecat's class, bounded and able to come back.

Protocol facts: `wss://…/v1/listen`, the reason for a refused handshake in the `dg-error` header.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

from deepgram.core import ApiError
from deepgram.listen.v1.types import ListenV1Finalize
from pipecat.frames.frames import (
    Frame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.deepgram.stt import DeepgramSTTService

from speakdesk.pipeline.services.patience import Patience, VendorRefused, VendorSilent
from speakdesk.pipeline.services.steady import SteadyEars

# Regional tags nova-3 takes; every other language goes by its base code.
REGIONAL_TAGS = frozenset(
    {
        "da-DK",
        "de-CH",
        "en-AU",
        "en-GB",
        "en-IN",
        "en-NZ",
        "en-US",
        "es-419",
        "fr-CA",
        "ko-KR",
        "nl-BE",
        "pt-BR",
        "pt-PT",
        "sv-SE",
        "th-TH",
        "zh-CN",
        "zh-HK",
        "zh-TW",
    }
)


class DeepgramEars(SteadyEars, DeepgramSTTService):
    """Deepgram's streaming recognition."""

    def __init__(self, *, patience: Patience, **options: Any) -> None:
        super().__init__(**options)
        self.patience = patience
        self._owes_finalize = False
        self._client = cast(Any, _Client(self._client, self))

    @property
    def is_connected(self) -> bool:
        """True while the socket is open."""
        return self._connection is not None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """As Pipecat's; an end of speech that meets no connection is told once there is one."""
        if isinstance(frame, VADUserStartedSpeakingFrame):
            self._owes_finalize = False
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            self._owes_finalize = self._connection is None
        await super().process_frame(frame, direction)

    async def _resume(self) -> None:
        await super()._resume()
        connection = self._connection
        if self._owes_finalize and connection is not None:
            self._owes_finalize = False
            self.request_finalize()
            await connection.send_finalize(ListenV1Finalize(type="Finalize"))

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Send a piece of audio; a vendor that stopped reading costs only the connection."""
        connection = self._connection
        if connection is not None:
            try:
                async with asyncio.timeout(self.patience.connect_s):
                    await connection.send_media(audio)
            except TimeoutError:
                self._connection = None
                silent = VendorSilent(self.patience.connect_s, "sign of reading our audio")
                await self.push_error(str(silent), exception=silent)
            except Exception as error:  # noqa: BLE001  # the SDK raises websockets' errors as they are
                self._connection = None
                await self.push_error(f"connection error: {error}", exception=error)
        yield None

    async def _on_message(self, message: Any) -> None:
        self.heard_from()
        if getattr(message, "type", "") == "Error":
            words = getattr(message, "description", "") or getattr(message, "message", "")
            refused = VendorRefused(0, str(words))
            await self.push_error(f"Deepgram reported: {words}", exception=refused)
            return
        await super()._on_message(message)  # type: ignore[no-untyped-call]

    async def _on_error(self, error: Exception) -> None:
        self._connection = None
        await self.push_error(f"connection error: {error}", exception=error)
        await self.stop_all_metrics()  # type: ignore[no-untyped-call]

    def connecting_failed(self) -> None:
        """Whoever waits for the connection may stop; Pipecat would wait for all retries."""
        self._connection_settled.set()


class _Client:
    """The SDK's `client.listen.v1.connect`, with a bounded handshake and clean errors.

    The SDK's own error quotes the request's headers, the key among them, and drops the vendor's
    words.
    """

    def __init__(self, client: Any, ears: DeepgramEars) -> None:
        self._client = client
        self._ears = ears
        self.listen = self
        self.v1 = self

    @asynccontextmanager
    async def connect(self, **options: str) -> AsyncIterator[Any]:
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self._ears.patience.connect_s):
                    manager = self._client.listen.v1.connect(**options)
                    connection = await stack.enter_async_context(manager)
            except ApiError as error:
                self._ears.connecting_failed()
                raise _clean(error) from None
            except TimeoutError:
                self._ears.connecting_failed()
                waited_s = self._ears.patience.connect_s
                raise VendorSilent(waited_s, "answer to our call") from None
            except Exception:
                self._ears.connecting_failed()
                raise
            yield connection


def _clean(error: ApiError) -> Exception:
    """The vendor's status and words; Pipecat gives up at once on an `ApiError` with a 4xx."""
    status = error.status_code or 0
    answer = error.__context__
    headers = getattr(answer, "headers", None) or getattr(
        getattr(answer, "response", None), "headers", {}
    )
    words = str(headers.get("dg-error", "")) or f"HTTP {status}"
    retry_after = str(headers.get("retry-after", ""))
    refused = VendorRefused(status, words, float(retry_after) if retry_after.isdigit() else None)
    if status in (408, 429) or status >= 500:
        return refused
    cleaned = ApiError(status_code=status, headers={}, body={"message": words})
    cleaned.__cause__ = refused
    return cleaned

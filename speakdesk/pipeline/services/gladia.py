"""Gladia as a bot's ears: Pipecat's class, bounded and able to come back.

Protocol facts: a session is made with `POST /v2/live`, its answer holds a WebSocket URL with a
token in it, and every chunk of audio is acknowledged.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
from pipecat.frames.frames import Frame
from pipecat.services.gladia.stt import GladiaSTTService
from websockets.protocol import State

from speakdesk.pipeline.services.patience import Patience, VendorRefused
from speakdesk.pipeline.services.steady import SteadyEars, Tap
from speakdesk.providers.tls import tls_context

# What was said this long before a lost connection came back is sent again; older speech is not.
_KEPT_AUDIO_S = 3


class GladiaEars(SteadyEars, GladiaSTTService):
    """Gladia's streaming recognition."""

    def __init__(self, *, patience: Patience, **options: Any) -> None:
        super().__init__(**options)
        self.patience = patience

    @property
    def is_connected(self) -> bool:
        """True while the socket is open and its reader runs."""
        reader = self._receive_task
        is_open = self._websocket is not None and self._websocket.state is State.OPEN
        return is_open and reader is not None and not reader.done()

    async def _renew(self) -> None:
        self._session_url = None
        self._session_id = None
        await super()._renew()

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Send a piece of audio, or keep the last seconds of it while there is no connection."""
        if not self._connection_active:
            surplus = len(self._audio_buffer) - self.sample_rate * 2 * _KEPT_AUDIO_S
            if surplus > 0:
                del self._audio_buffer[:surplus]
        async for frame in super().run_stt(audio):
            yield frame

    async def _connect(self) -> None:
        if not self._is_setting_up and not self._session_url:
            # Pipecat would ask for the session itself, and log its URL with the token in it.
            session = await self._setup_gladia(self._prepare_settings())
            self._session_url, self._session_id = session["url"], session["id"]
        await super()._connect()

    async def _websocket_connect(self, uri: str, **options: Any) -> Any:
        if uri.startswith("wss:"):
            options.setdefault("ssl", await tls_context())
        return await super()._websocket_connect(
            uri, open_timeout=self.patience.connect_s, **options
        )

    async def _setup_gladia(self, settings: dict[str, Any]) -> dict[str, Any]:
        timeout = aiohttp.ClientTimeout(total=self.patience.connect_s)
        headers = {"X-Gladia-Key": self._api_key}
        params = {"region": self._region} if self._region else {}
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.post(self._url, headers=headers, json=settings, params=params) as answer,
        ):
            text = await answer.text()
            if not answer.ok:
                retry_after = answer.headers.get("retry-after", "")
                raise VendorRefused(
                    answer.status,
                    _words(text) or str(answer.reason),
                    float(retry_after) if retry_after.isdigit() else None,
                )
        session = json.loads(text)
        if not isinstance(session, dict) or "url" not in session or "id" not in session:
            raise VendorRefused(answer.status, "The answer holds no session.")
        return session

    def _get_websocket(self) -> Tap:
        return Tap(super()._get_websocket(), self._hear)  # type: ignore[no-untyped-call]

    async def _hear(self, message: str | bytes) -> bool:
        self.heard_from()
        if b'"error"' not in (message if isinstance(message, bytes) else message.encode()):
            return False
        content = json.loads(message)
        if not isinstance(content, dict) or content.get("type") != "error":
            return False
        data = content.get("data") or content.get("error") or {}
        status = data.get("code") or data.get("status_code") if isinstance(data, dict) else 0
        refused = VendorRefused(status if isinstance(status, int) else 0, _words(message))
        await self.push_error(f"Gladia reported: {refused.words}", exception=refused)
        return True


def _words(body: str | bytes) -> str:
    """The message in Gladia's error body (`message`, `validation_errors`)."""
    try:
        content = json.loads(body)
    except ValueError:
        text = body if isinstance(body, str) else body.decode("utf-8", "replace")
        return text.strip()[:300]
    while isinstance(content, dict):
        errors = content.get("validation_errors")
        if isinstance(errors, list) and errors:
            return f"{content.get('message', '')}: {'; '.join(map(str, errors))}"
        content = content.get("message") or content.get("data") or content.get("error")
    return str(content or "")

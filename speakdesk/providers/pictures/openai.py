"""Pictures from OpenAI's image models.

Protocol fact: `POST /images/generations` answers `{"data": [{"b64_json": …}]}`; GPT image models
know no addresses and no progress.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable

import httpx

from speakdesk.domain.errors import PersonaError, Stage
from speakdesk.domain.picture import PictureProgress
from speakdesk.providers.vendor import Vendor, VendorLine, checked_key

BASE_URL = "https://api.openai.com/v1"
MODEL = "gpt-image-1.5"
VENDOR = Vendor("OpenAI", "OPENAI_API_KEY", Stage.PERSONA, "there is no picture yet", PersonaError)

_LONGEST_S = 180.0


class OpenAIPictures:
    """Draws pictures. Raises PersonaError and nothing else."""

    def __init__(
        self,
        key: str,
        *,
        model: str = MODEL,
        url: str = "",
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        key = checked_key(VENDOR, key)
        headers = {"Authorization": f"Bearer {key}"}
        self._model = model
        self._line = VendorLine(
            VENDOR, url or BASE_URL, headers, secrets=(key,), http=http, sleep=sleep
        )

    async def draw(
        self, prompt: str, on_progress: Callable[[PictureProgress], None] = lambda progress: None
    ) -> bytes:
        """The picture's bytes as the model made them, not yet looked at. Asked for once."""
        on_progress(PictureProgress("OpenAI is drawing; this takes up to a minute or two."))
        body = {
            "model": self._model,
            "prompt": prompt,
            "n": 1,
            "size": "1024x1024",
            "quality": "medium",
            "output_format": "png",
        }
        answer = await self._line.json(
            "POST", "/images/generations", body=body, longest_s=_LONGEST_S
        )
        data = answer.get("data")
        first = data[0] if isinstance(data, list) and data else None
        encoded = first.get("b64_json") if isinstance(first, dict) else None
        if not isinstance(encoded, str) or not encoded:
            raise self._line.odd("without a picture")
        try:
            return base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as e:
            raise self._line.odd("with a picture that cannot be unpacked") from e

    async def aclose(self) -> None:
        """Close the connections we opened."""
        await self._line.aclose()

"""Pictures from a model at Replicate: asked for, followed, cancelled.

Protocol facts (Replicate's HTTP API): `POST /models/{owner}/{name}/predictions` with
`{"input": {…}}` answers 201 with an id and a status; `GET /predictions/{id}` gives starting,
processing, succeeded, failed, canceled or aborted; `POST /predictions/{id}/cancel` stops one;
`output` is an address or a list of them, which last an hour; a model's progress stands in `logs`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from speakdesk.domain.errors import PersonaError, Problem, Reason, SpeakDeskError, Stage
from speakdesk.domain.picture import PictureProgress
from speakdesk.providers.pictures.frames import LARGEST_BYTES
from speakdesk.providers.vendor import Vendor, VendorLine, checked_key

BASE_URL = "https://api.replicate.com/v1"
MODEL = "black-forest-labs/flux-schnell"
VENDOR = Vendor(
    "Replicate", "REPLICATE_API_TOKEN", Stage.PERSONA, "there is no picture yet", PersonaError
)

_POLL_S = 0.7
_LONGEST_S = 300.0
_WITHDRAW_S = 5.0
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_PERCENT = re.compile(r"(\d{1,3})%")

OnProgress = Callable[[PictureProgress], None]


class ReplicatePictures:
    """Draws pictures. Raises PersonaError and nothing else; cancelling a drawing stops it there."""

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

    async def draw(self, prompt: str, on_progress: OnProgress = lambda progress: None) -> bytes:
        """The picture's bytes as the model made them, not yet looked at."""
        on_progress(PictureProgress("Asking Replicate for a picture."))
        body = {
            "input": {
                "prompt": prompt,
                "aspect_ratio": "1:1",
                "num_outputs": 1,
                "output_format": "png",
            }
        }
        prediction = await self._line.json(
            "POST", f"/models/{self._model}/predictions", body=body, longest_s=70.0
        )
        prediction_id = prediction.get("id")
        if not isinstance(prediction_id, str) or not _ID.fullmatch(prediction_id):
            raise self._line.odd("without saying which picture it is")
        try:
            done = await self._follow(prediction_id, prediction, on_progress)
        except asyncio.CancelledError:
            await self._withdraw(prediction_id)
            raise
        on_progress(PictureProgress("Fetching the picture.", 1.0))
        return await self._fetch(_first_output(done.get("output")))

    async def aclose(self) -> None:
        """Close the connections we opened."""
        await self._line.aclose()

    async def _follow(
        self, prediction_id: str, prediction: dict[str, Any], on_progress: OnProgress
    ) -> dict[str, Any]:
        waited_s = 0.0
        while True:
            match prediction.get("status"):
                case "succeeded":
                    return prediction
                case "failed":
                    raise self._failed(prediction)
                case "canceled" | "aborted":
                    raise self._line.refused(
                        "The picture was stopped at Replicate.",
                        "Ask for it again.",
                        _text(prediction.get("error")),
                    )
                case "starting":
                    sentence = "Replicate is starting the model; this can take a minute."
                    on_progress(PictureProgress(sentence))
                case "processing":
                    sentence = "Replicate is drawing."
                    on_progress(PictureProgress(sentence, _fraction(prediction.get("logs"))))
                case _:
                    raise self._line.odd("with a state SpeakDesk does not know")
            if waited_s >= _LONGEST_S:
                await self._withdraw(prediction_id)
                raise PersonaError(
                    Problem(
                        Stage.PERSONA,
                        Reason.TIMEOUT,
                        "Replicate did not finish the picture within five minutes.",
                        "Try again later, or draw it with OpenAI.",
                        is_permanent=False,
                    )
                )
            await self._line.pause(_POLL_S)
            waited_s += _POLL_S
            prediction = await self._line.json(
                "GET", f"/predictions/{prediction_id}", repeatable=True
            )

    def _failed(self, prediction: dict[str, Any]) -> SpeakDeskError:
        words = _text(prediction.get("error"))
        if "nsfw" in words.lower() or "sensitive" in words.lower():
            return self._line.refused(
                "Replicate did not hand the picture out; its filter took it for unsuitable.",
                "Describe the person in other words and try again.",
                words,
            )
        return self._line.refused(
            "The model at Replicate failed.", "Try again; if it stays so, use OpenAI.", words
        )

    async def _withdraw(self, prediction_id: str) -> None:
        """Stop it there, so that it costs no more; takes five seconds at most and fails quietly."""

        async def stop() -> None:
            path = f"/predictions/{prediction_id}/cancel"
            with contextlib.suppress(SpeakDeskError):
                await self._line.send("POST", path, longest_s=_WITHDRAW_S)

        await asyncio.shield(asyncio.ensure_future(stop()))

    async def _fetch(self, address: str) -> bytes:
        if address.startswith("data:"):
            head, _, data = address.partition(",")
            if not head.endswith(";base64") or len(data) > LARGEST_BYTES * 4 // 3:
                raise self._line.odd("with a picture of an unknown form")
            try:
                return base64.b64decode(data, validate=True)
            except (binascii.Error, ValueError) as e:
                raise self._line.odd("with a picture that cannot be unpacked") from e
        parts, ours = urlsplit(address), urlsplit(self._line.base_url)
        is_same = (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc)
        if not (is_same or parts.scheme == "https"):
            raise self._line.odd("without the picture's address")
        response = await self._line.send(
            "GET",
            address,
            repeatable=True,
            with_key=is_same,
            longest_s=60.0,
            most_bytes=LARGEST_BYTES,
        )
        return response.content


def _first_output(output: object) -> str:
    first = output[0] if isinstance(output, list) and output else output
    return first if isinstance(first, str) else ""


def _fraction(logs: object) -> float | None:
    found = _PERCENT.findall(logs[-2000:]) if isinstance(logs, str) else []
    return min(1.0, int(found[-1]) / 100) if found else None


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""

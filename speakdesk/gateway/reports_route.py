"""What arrives at `/webhooks/{provider}/{secret}`: bounded, handed over, answered at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from loguru import logger

from speakdesk.gateway.door import Door
from speakdesk.gateway.flow import Flow

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

# A v1 `complete` carries its transcript word by word (contracts/meetingbaas.md §4.1): about 60
# bytes each, so an hour of talk is half a megabyte.
MOST_BYTES = 4 * 1024 * 1024
BODY_WAIT_S = 10.0
RETRY_AFTER_S = 60
REPORTS_PER_S = 10.0
REPORTS_AT_ONCE = 200.0
BYTES_PER_S = 1_000_000.0
BYTES_AT_ONCE = 32_000_000.0


class ReportRoute:
    """Answers a provider that reports; the order is secret, rate, size, proof."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._flows: dict[str, Flow] = {}

    async def answer(self, request: Request) -> Response:
        """404 for a wrong secret, 429 and 413 for too much, else what the receiver decides."""
        from starlette.requests import ClientDisconnect
        from starlette.responses import Response

        provider = request.path_params["provider"]
        on_report = self._door.admit_report(provider, request.path_params["secret"])
        if on_report is None:
            return Response(status_code=404)
        flow = self._flows.setdefault(provider, _flow())
        if not flow.admits(_announced(request), asyncio.get_running_loop().time()):
            logger.warning("{} reports more than any meeting needs; it is told to wait", provider)
            return Response(status_code=429, headers={"retry-after": str(RETRY_AFTER_S)})
        try:
            async with asyncio.timeout(BODY_WAIT_S):
                body = await _bounded_body(request)
        except TimeoutError:
            return Response(status_code=408)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            logger.warning("a report of {} was too large and was not taken", provider)
            return Response(status_code=413)
        return Response(status_code=await on_report(dict(request.headers), body))


def _flow() -> Flow:
    return Flow(REPORTS_PER_S, REPORTS_AT_ONCE, BYTES_PER_S, BYTES_AT_ONCE)


def _announced(request: Request) -> int:
    """How large it says it is, at most what is read of it in the end."""
    said = request.headers.get("content-length", "")
    return min(int(said), MOST_BYTES) if said.isascii() and said.isdigit() else 0


async def _bounded_body(request: Request) -> bytes | None:
    """The body; None where it is too large, whatever its headers say."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)

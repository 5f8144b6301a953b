"""Replicate's HTTP API: predictions of a model, followed and cancelled, and the file at the end."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.standins.base import STATUS, Fault, Seen, StandIn

_DETAILS = {
    Fault.REFUSED_KEY: "You did not pass a valid authentication token",
    Fault.FORBIDDEN: "You may not use this model.",
    Fault.RATE_LIMIT: "Request was throttled.",
    Fault.QUOTA: "You have insufficient credit to run this model.",
    Fault.SERVER_ERROR: "Service unavailable",
}


@dataclass
class ReplicateStandIn(StandIn):
    """Each prediction goes through `course` (status, and logs or an error), one step a look.

    The last step stays. A succeeded one's `output` is the address of `image` here, or `output` as
    it is where that is set. `id` is what predictions are called.
    """

    image: bytes = b""
    course: deque[tuple[str, str]] = field(
        default_factory=lambda: deque([("starting", ""), ("processing", ""), ("succeeded", "")])
    )
    output: Any = None
    id: Any = "p1"
    cancelled: list[str] = field(default_factory=list)

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/v1/models/{owner}/{name}/predictions", self.http(self._create))
        app.router.add_get("/v1/predictions/{id}", self.http(self._look))
        app.router.add_post("/v1/predictions/{id}/cancel", self.http(self._cancel))
        app.router.add_get("/files/{name}", self.http(self._file))

    def refusal(self, fault: Fault) -> web.Response:
        status = STATUS[fault]
        body = {"title": str(fault), "detail": _DETAILS[fault], "status": status}
        return web.json_response(body, status=status)

    @property
    def base_url(self) -> str:
        """What REPLICATE_URL has to be."""
        return f"{self.url}/v1"

    async def _create(self, request: web.Request, seen: Seen) -> web.Response:
        return web.json_response(self._step(), status=201)

    async def _look(self, request: web.Request, seen: Seen) -> web.Response:
        return web.json_response(self._step())

    async def _cancel(self, request: web.Request, seen: Seen) -> web.Response:
        self.cancelled.append(request.match_info["id"])
        await self.happened()
        return web.json_response({"id": self.id, "status": "canceled"})

    async def _file(self, request: web.Request, seen: Seen) -> web.Response:
        return web.Response(body=self.image, content_type="image/png")

    def _step(self) -> dict[str, Any]:
        status, words = self.course[0]
        if len(self.course) > 1:
            self.course.popleft()
        output = self.output if self.output is not None else [f"{self.url}/files/out-0.png"]
        return {
            "id": self.id,
            "status": status,
            "logs": words if status == "processing" else "",
            "error": words if status in ("failed", "canceled") else None,
            "output": output if status == "succeeded" else None,
            "urls": {"get": "https://elsewhere.example/steal"},
        }

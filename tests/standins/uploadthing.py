"""UploadThing v7: an upload prepared, and the signed address the file is put to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.standins.base import STATUS, Fault, Seen, StandIn

_WORDS = {
    Fault.REFUSED_KEY: "Invalid API key",
    Fault.FORBIDDEN: "This key may not upload",
    Fault.RATE_LIMIT: "Too many requests",
    Fault.QUOTA: "Storage quota exceeded",
    Fault.SERVER_ERROR: "Internal error",
}


@dataclass
class UploadThingStandIn(StandIn):
    """Keeps what was put. `prepared` replaces the answer to a preparation."""

    files: dict[str, bytes] = field(default_factory=dict)
    prepared: dict[str, Any] | None = None

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/v7/prepareUpload", self.http(self._prepare))
        app.router.add_put("/ingest/{key}", self.http(self._put))

    def refusal(self, fault: Fault) -> web.Response:
        body = {"message": _WORDS[fault], "code": str(fault)}
        return web.json_response(body, status=STATUS[fault])

    async def _prepare(self, request: web.Request, seen: Seen) -> web.Response:
        key = f"key{len(self.files) + 1}-{seen.body['fileName']}"
        answer = {"key": key, "url": f"{self.url}/ingest/{key}?signature=hmac-sha256%3Dabc"}
        return web.json_response(answer if self.prepared is None else self.prepared)

    async def _put(self, request: web.Request, seen: Seen) -> web.Response:
        if "signature" not in seen.query:
            return web.json_response({"message": "Missing signature"}, status=400)
        self.files[request.match_info["key"]] = seen.body["file"]
        return web.json_response({"url": "https://ignored.example"})

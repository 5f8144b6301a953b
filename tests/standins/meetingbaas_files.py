"""The MeetingBaas stand-in's storage: ranges, tags, addresses that run out, lines that break."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class FileShelf:
    """`content` by name ("video", "audio", "transcription" …), the same for every bot.

    `cut_after` breaks the connection after so many bytes of an answer, `cuts` times. An address
    works while its `generation` is the present one: `expire` makes all that were given run out.
    """

    content: dict[str, bytes] = field(default_factory=dict)
    generation: int = 1
    cut_after: int | None = None
    cuts: int = 0
    has_tags: bool = True
    has_ranges: bool = True
    requests: list[str] = field(default_factory=list)

    def expire(self) -> None:
        self.generation += 1

    def urls(self, base_url: str, bot_id: str) -> dict[str, str]:
        """Fresh addresses of all there is."""
        return {
            name: f"{base_url}/files/{bot_id}/{name}?signature={self.generation}"
            for name in self.content
        }

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request.headers.get("range", ""))
        if request.query.get("signature") != str(self.generation):
            text = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
            return web.Response(status=403, text=text, content_type="application/xml")
        content = self.content.get(request.match_info["name"])
        if content is None:
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
        headers = {}
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        if self.has_tags:
            headers["etag"] = tag
        start, status = 0, 200
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        if wanted and self.has_ranges and request.headers.get("if-range") in (None, tag):
            start, status = int(wanted[1]), 206
            if start >= len(content):
                headers["content-range"] = f"bytes */{len(content)}"
                return web.Response(status=416, headers=headers)
            headers["content-range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        body = content[start:]
        headers["content-length"] = str(len(body))
        response = web.StreamResponse(status=status, headers=headers)
        await response.prepare(request)
        if self.cut_after is not None and self.cuts > 0:
            self.cuts -= 1
            await response.write(body[: self.cut_after])
            if request.transport is not None:
                request.transport.close()
            return response
        await response.write(body)
        await response.write_eof()
        return response

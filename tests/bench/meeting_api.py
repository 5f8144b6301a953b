"""A MeetingBaas v2 service with nothing but meetings: each create dials the streaming URL at once.

Only what a client needs for joining, status, chat and leaving (contracts/meetingbaas.md §2, §3).
It runs in the bench's own process, so that the measured process holds only our side.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import Body, FastAPI, HTTPException

from tests.bench.line import Line
from tests.bench.speech import RATE_HZ

PERSON = "Priya"


@dataclass(slots=True)
class Hosted:
    """One bot as this service knows it."""

    name: str
    provider_bot_id: str
    answered: float
    line: Line
    status: str = "joining_call"
    dialled: asyncio.Event = field(default_factory=asyncio.Event)


class MeetingApi:
    """The REST side on a free loopback port; hands out the bots in the order they were made."""

    def __init__(self) -> None:
        self._bots: dict[str, Hosted] = {}
        self._created: asyncio.Queue[Hosted] = asyncio.Queue()
        self._server: uvicorn.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.base_url = ""

    async def start(self) -> None:
        """Serve on a free port of this machine."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(self._application(), log_level="warning", loop="none")
        self._server = uvicorn.Server(config)
        self._hold(self._server._serve(sockets=[listening]))

    async def stop(self) -> None:
        """Hang up all lines and stop serving."""
        await asyncio.gather(*(bot.line.close() for bot in self._bots.values()))
        if self._server is not None:
            self._server.should_exit = True
            await asyncio.wait(self._tasks, timeout=5)

    async def next_bot(self) -> Hosted:
        """The next bot that was created, its line dialled."""
        hosted = await self._created.get()
        await hosted.dialled.wait()
        return hosted

    async def end(self, hosted: Hosted) -> None:
        """The host ends the meeting: the socket closes normally and the status says so."""
        hosted.status = "completed"
        await hosted.line.close()

    def _application(self) -> FastAPI:
        application = FastAPI()

        @application.post("/v2/bots", status_code=201)
        async def create(body: dict[str, Any] = Body()) -> dict[str, Any]:  # noqa: B008
            provider_bot_id = str(uuid.uuid4())
            handshake = {
                "protocol_version": 2,
                "bot_id": provider_bot_id,
                "offset": 0.0,
                "sample_rate": RATE_HZ,
            }
            line = Line(json.dumps(handshake))
            hosted = Hosted(body["bot_name"], provider_bot_id, time.monotonic(), line)
            self._bots[provider_bot_id] = hosted
            self._created.put_nowait(hosted)
            self._hold(self._join(hosted, body["streaming_config"]["input_url"]))
            return _success({"bot_id": provider_bot_id})

        @application.get("/v2/bots/{bot_id}/status")
        async def status(bot_id: str) -> dict[str, Any]:
            return _success(
                {
                    "bot_id": bot_id,
                    "status": self._known(bot_id).status,
                    "transcription_status": "not-applicable",
                    "updated_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                }
            )

        @application.post("/v2/bots/{bot_id}/leave")
        async def leave(bot_id: str) -> dict[str, Any]:
            hosted = self._known(bot_id)
            self._hold(self.end(hosted))
            return _success({"message": "Bot leave request sent successfully."})

        @application.post("/v2/bots/{bot_id}/send-chat-message")
        async def chat(bot_id: str) -> dict[str, Any]:
            self._known(bot_id)
            return _success({"message": "sent"})

        return application

    async def _join(self, hosted: Hosted, url: str) -> None:
        await hosted.line.dial(url)
        hosted.status = "in_call_recording"
        people = [(hosted.name, 1), (PERSON, 2)]
        await hosted.line.send_text(
            json.dumps(
                [
                    {"name": name, "id": number, "timestamp": time.time(), "isSpeaking": False}
                    for name, number in people
                ]
            )
        )
        hosted.dialled.set()

    def _known(self, bot_id: str) -> Hosted:
        hosted = self._bots.get(bot_id)
        if hosted is None:
            raise HTTPException(404, f"Bot with ID '{bot_id}' not found")
        return hosted

    def _hold(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _success(data: dict[str, Any]) -> dict[str, Any]:
    return {"success": True, "data": data}

"""`speakdesk room`: a sandbox for any MeetingBaas v2 client."""

from __future__ import annotations

import asyncio
import json
import signal

import httpx
from websockets.asyncio.server import ServerConnection, serve

from tests.e2e.conftest import Speakdesk


def test_any_v2_client_can_create_a_bot_that_dials_its_own_url(speakdesk: Speakdesk) -> None:
    program = speakdesk.start("room", "--say", "Good morning to everybody.")
    base = program.line().split()[-1]
    assert base.startswith("http://127.0.0.1:")

    async def scenario() -> tuple[str, dict[str, object], int]:
        heard: asyncio.Future[tuple[dict[str, object], int]] = (
            asyncio.get_running_loop().create_future()
        )

        async def receive(connection: ServerConnection) -> None:
            handshake = json.loads(await connection.recv())
            async for message in connection:
                if isinstance(message, bytes) and any(message) and not heard.done():
                    heard.set_result((handshake, len(message)))

        async with serve(receive, "127.0.0.1", 0) as server, httpx.AsyncClient() as http:
            port = server.sockets[0].getsockname()[1]
            url = f"ws://127.0.0.1:{port}/any/path"
            created = await http.post(
                f"{base}/v2/bots",
                headers={"x-meeting-baas-api-key": "anything"},
                json={
                    "bot_name": "Visitor",
                    "meeting_url": "https://meet.google.com/abc-defg-hij",
                    "streaming_enabled": True,
                    "streaming_config": {
                        "input_url": url,
                        "output_url": url,
                        "audio_frequency": 24000,
                    },
                },
            )
            assert created.status_code == 201, created.text
            bot_id = created.json()["data"]["bot_id"]
            handshake, size = await asyncio.wait_for(heard, 30)
            left = await http.post(
                f"{base}/v2/bots/{bot_id}/leave", headers={"x-meeting-baas-api-key": "anything"}
            )
            assert left.status_code == 200
            return bot_id, handshake, size

    bot_id, handshake, size = asyncio.run(scenario())
    assert handshake["bot_id"] == bot_id
    assert handshake["sample_rate"] == 24000
    assert size == 4800
    program.send(signal.SIGINT)
    program.wait()
    assert "Traceback" not in program.stderr

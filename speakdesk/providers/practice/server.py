"""The practice room on loopback, in MeetingBaas v2's own dialect (design §6)."""

from __future__ import annotations

import uvicorn

from speakdesk.domain.clock import Clock
from speakdesk.domain.errors import GatewayError, Problem, Reason, Stage
from speakdesk.providers.practice.rest import build_app
from speakdesk.providers.practice.room import PracticeRoom
from speakdesk.providers.practice.scenario import Scenario
from speakdesk.providers.practice.voices import Speak
from speakdesk.providers.serving import LocalServer, bind

_LAST_REQUESTS_S = 1


class PracticeServer:
    """A room and its door. `base_url` is where a v2 client sends its requests.

    With `api_key` the server asks for it; without, everybody on this computer may come in.
    """

    def __init__(
        self,
        room: PracticeRoom | None = None,
        *,
        api_key: str = "",
        clock: Clock | None = None,
        scenario: Scenario | None = None,
        speak: Speak | None = None,
    ) -> None:
        self.room = room or PracticeRoom(scenario, speak=speak, clock=clock)
        self.base_url = ""
        self._api_key = api_key
        self._server = LocalServer("practice server")

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Open the door; port 0 takes a free one. Raises GatewayError where it is taken."""
        if self._server.is_open:
            return
        try:
            bound = bind(host, port)
        except (OSError, OverflowError) as e:
            raise _taken(host, port, e) from e
        name, bound_port = bound.getsockname()[:2]
        await self._server.open(bound, self._configuration)
        self.base_url = f"http://{f'[{name}]' if ':' in name else name}:{bound_port}"
        self.room.start()

    async def stop(self) -> None:
        """End the meeting and close the door; safe to call twice."""
        try:
            await self.room.stop()
        finally:
            await self._server.close()

    def _configuration(self) -> uvicorn.Config:
        return uvicorn.Config(
            build_app(self.room, self._api_key),
            log_config=None,
            access_log=False,
            lifespan="off",
            loop="none",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=_LAST_REQUESTS_S,
        )


def _taken(host: str, port: int, error: Exception) -> GatewayError:
    return GatewayError(
        Problem(
            Stage.GATEWAY,
            Reason.CONFLICT,
            f"The practice room cannot use port {port} of {host}: another program has it, or "
            "it may not be used.",
            "Choose another port, or 0 for any free one.",
            str(error),
        )
    )

"""How a bot is sent: the way in, the door's path, the request; never lost while it is made."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime

from speakdesk.app.bots.launch_checks import check_picture
from speakdesk.app.bots.order import BotOrder, Surroundings
from speakdesk.app.bots.standing import BotStanding
from speakdesk.app.problems import (
    cannot_be_redirected,
    comes_without_voice,
    may_be_on_its_way,
    unseen_without_reports,
)
from speakdesk.app.tasks import spawn
from speakdesk.app.way_in import Way
from speakdesk.domain.bot import Evidence
from speakdesk.domain.errors import GatewayError, Problem, ProviderError
from speakdesk.domain.join import CallbackOptions
from speakdesk.domain.picture import ShownPicture
from speakdesk.gateway.door import OnExcess, OnSocket
from speakdesk.providers.base import (
    Capability,
    JoinRequest,
    ReschedulingProvider,
    SchedulingProvider,
)

CREATE_PATIENCE_S = 20.0


class Arrival:
    """Opens the way for one bot and asks the provider for it, once."""

    def __init__(self, order: BotOrder, around: Surroundings, standing: BotStanding) -> None:
        self._order = order
        self._around = around
        self._standing = standing
        self._open = AsyncExitStack()
        self._path = ""
        self._picture = ShownPicture()
        self.is_tunnel = False
        self._making: asyncio.Task[str] | None = None

    @property
    def can_be_scheduled(self) -> bool:
        """True where the provider itself sends the bot at its time."""
        provider = self._order.provider
        return Capability.SCHEDULE in provider.capabilities and isinstance(
            provider, SchedulingProvider
        )

    @property
    def is_under_way(self) -> bool:
        """True while the provider may be making a bot that is not known yet."""
        return self._making is not None and not self._making.done()

    async def open(self, on_socket: OnSocket, on_excess: OnExcess) -> JoinRequest:
        """Open the way in and the door; returns the request that leads there.

        Raises GatewayError. A record-only bot needs no way in, but for a provider that cannot be
        asked for a bot's state its reports are expected where that is possible.
        """
        order, around = self._order, self._around
        if order.is_recorder:
            return await self._open_for_reports()
        way = await self._open.enter_async_context(around.way_in())
        self.is_tunnel = way.is_tunnel
        if not self._path:
            self._picture = await self._open.enter_async_context(around.show_picture(order))
            self._path = around.door.open(order.bot_id, on_socket, on_excess)
        return self._request(way)

    def ask(self, request: JoinRequest, join_at: datetime | None) -> asyncio.Task[str]:
        """Ask the provider, now or for a time; nothing cancels the question but `settle`."""
        provider, taken_up = self._order.provider, self._order.taken_up
        if taken_up:
            asking = self._take_up(taken_up, request)
        elif join_at is not None and isinstance(provider, SchedulingProvider):
            asking = provider.schedule(request, join_at)
        else:
            asking = provider.create(request)
        self._making = spawn(asking, f"create {self._order.bot_id}", lambda e: None)
        return self._making

    async def _take_up(self, provider_bot_id: str, request: JoinRequest) -> str:
        """Give a bot of an earlier session the way to this one; tells where it is too late."""
        provider = self._order.provider
        self.accept(provider_bot_id)
        if request.streaming_url and isinstance(provider, ReschedulingProvider):
            try:
                await provider.redirect_scheduled(provider_bot_id, request)
            except ProviderError as e:
                self._standing.trouble(comes_without_voice(provider.name, e.problem))
        return provider_bot_id

    def accept(self, provider_bot_id: str) -> None:
        """The provider has the bot; safe to call twice."""
        if self._standing.view.provider_bot_id == provider_bot_id:
            return
        self._standing.change(provider_bot_id=provider_bot_id)
        self._around.note_provider_bot(self._order.bot_id, provider_bot_id)
        self._standing.prove(Evidence.ACCEPTED, f"{self._order.provider.name} took the request")

    async def settle(self) -> None:
        """Wait for a question that is still open: a bot that comes of it must be known."""
        making = self._making
        if making is None or self._standing.view.provider_bot_id:
            return
        _, late = await asyncio.wait([making], timeout=CREATE_PATIENCE_S)
        if late:
            making.cancel()
            self._standing.trouble(may_be_on_its_way(self._order.provider.name))
        elif not making.cancelled() and making.exception() is None:
            self.accept(making.result())

    async def redirect(self) -> Problem | None:
        """Give a waiting bot the present public address; what is wrong where that fails."""
        order, provider = self._order, self._order.provider
        if not isinstance(provider, ReschedulingProvider):
            return cannot_be_redirected(provider.name, None)
        try:
            way = await self._open.enter_async_context(self._around.way_in())
            await provider.change_scheduled(self._standing.view.provider_bot_id, self._request(way))
        except (GatewayError, ProviderError) as e:
            return cannot_be_redirected(order.provider.name, e.problem)
        return None

    async def close(self) -> None:
        """Let nobody in any more, and give back the way in."""
        self._around.door.close(self._order.bot_id)
        await self._open.aclose()

    async def _open_for_reports(self) -> JoinRequest:
        order = self._order
        if Capability.REPORTS not in order.provider.capabilities or order.options.callback:
            return order.request("")
        try:
            way = await self._open.enter_async_context(self._around.way_in())
        except GatewayError as e:
            self._standing.trouble(unseen_without_reports(order.provider.name, e.problem))
            return order.request("")
        callback = self._callback(way)
        return order.request("", callback)

    def _callback(self, way: Way) -> CallbackOptions | None:
        address = self._around.expect_reports(self._order.provider.key, way.public_base)
        return None if address is None else CallbackOptions(address.url, address.secret)

    def _request(self, way: Way) -> JoinRequest:
        order = self._order
        callback = self._callback(way)
        image_url = self._picture.under(way.public_base)
        if check_picture(image_url) is not None:
            image_url = ""
        return order.request(way.websocket_base + self._path, callback, image_url)

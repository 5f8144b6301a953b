"""What one bot's life is made from, and what it needs of the desk around it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from speakdesk.app.bots.floor import Floors
from speakdesk.app.reports import ReportAddress
from speakdesk.app.way_in import Way
from speakdesk.domain.clock import Clock
from speakdesk.domain.events import Event
from speakdesk.domain.join import CallbackOptions, JoinOptions
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import MeetingLink
from speakdesk.domain.persona import Persona
from speakdesk.domain.picture import ShownPicture
from speakdesk.domain.speech import Keys, SpeechPlan
from speakdesk.gateway.door import Door
from speakdesk.pipeline.contract import FlightTap, Voice, VoiceOrder
from speakdesk.providers.base import JoinRequest, MeetingProvider

OUR_MARK = "speakdesk_bot"
"""The name in a bot's `extra` under which its own id of this desk travels along."""


@dataclass(frozen=True, slots=True)
class BotOrder:
    """All that one bot's life is made from.

    Without a persona it is a record-only bot: no plan, no voice, nothing dials in. `siblings` are
    the names of this desk's other bots in the meeting as it is now. `again` is the launch that
    would send the same bot once more. `taken_up` is the provider's id of a bot that an earlier
    session scheduled: it is not asked for again.
    """

    bot_id: str
    name: str
    persona: Persona | None
    meeting: MeetingLink
    meeting_id: str
    provider: MeetingProvider
    plan: SpeechPlan | None
    rate_hz: int
    greeting: str
    tools: tuple[str, ...]
    keys: Keys = field(repr=False)
    siblings: Callable[[], frozenset[str]] = frozenset
    image_url: str = ""
    entry_message: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    options: JoinOptions = field(default_factory=JoinOptions)
    join_at: datetime | None = None
    again: Launch | None = None
    taken_up: str = ""
    flight: bool | None = None
    flight_file: Path | None = None

    @property
    def is_recorder(self) -> bool:
        """True for a bot that only joins and records."""
        return self.persona is None

    def request(
        self,
        streaming_url: str,
        callback: CallbackOptions | None = None,
        image_url: str = "",
    ) -> JoinRequest:
        """What the provider is asked for; `callback` where the options name none of their own.

        `image_url` is the persona's picture, where neither launch nor file name an address.
        """
        others = tuple(sorted(self.siblings()))
        options = replace(
            self.options,
            ignored_names=tuple(dict.fromkeys((*self.options.ignored_names, *others))),
            callback=self.options.callback or callback,
        )
        return JoinRequest(
            bot_name=self.name,
            meeting=self.meeting,
            streaming_url=streaming_url,
            rate_hz=self.rate_hz,
            entry_message=self.entry_message,
            image_url=self.image_url or image_url,
            extra={**self.extra, OUR_MARK: self.bot_id},
            options=options,
        )


def _nothing(_: str) -> None:
    """Nobody keeps a note of the bot."""


def _no_reports(_: str, __: str) -> ReportAddress | None:
    return None


def _no_picture(_: BotOrder) -> AbstractAsyncContextManager[ShownPicture]:
    return nullcontext(ShownPicture())


def _no_flight(_: BotOrder, __: Callable[[bool], None]) -> FlightTap | None:
    return None


def _for_ever() -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a bot's life needs of the desk around it.

    `way_in` is open for as long as the bot lives; it says where the provider's bot dials.
    `let_go` hears once the bot has certainly left its provider. `expect_reports` takes the
    provider's key and the way's public base, and says where the provider may report. On `floors`
    the bot finds its place among the others of its meeting. `only_bots_s` is how long bots stay
    among themselves once people have left; 0 for ever. `show_picture` offers the bot's picture for
    as long as it lives. `record` begins the bot's recording where one is wanted, and tells whether
    it is being recorded.
    """

    publish: Callable[[Event], None]
    door: Door
    way_in: Callable[[], AbstractAsyncContextManager[Way]]
    make_voice: Callable[[VoiceOrder, Callable[[Event], None]], Awaitable[Voice]]
    clock: Clock
    note_provider_bot: Callable[[str, str], None]
    let_go: Callable[[str], None] = _nothing
    expect_reports: Callable[[str, str], ReportAddress | None] = _no_reports
    floors: Floors | None = None
    only_bots_s: Callable[[], float] = _for_ever
    show_picture: Callable[[BotOrder], AbstractAsyncContextManager[ShownPicture]] = _no_picture
    record: Callable[[BotOrder, Callable[[bool], None]], FlightTap | None] = _no_flight

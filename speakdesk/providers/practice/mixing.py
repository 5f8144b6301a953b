"""Mix-minus: everybody hears the room without themselves, made once wherever it is the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import numpy as np

from speakdesk.providers.practice.bot import SimulatedBot
from speakdesk.providers.practice.scenario import Scenario
from speakdesk.providers.practice.sound import (
    ROOM_RATE_HZ,
    SILENCE,
    TICK_S,
    Block,
    RateStream,
    to_pcm,
)

_FILTER_EMPTY_AFTER_TICKS = 3


class RateMix:
    """The room at one sample rate.

    Conversion is linear, so the whole room is converted once per rate, and a bot that speaks gets
    its own converted voice taken out of it; bots that hear the same share one encoded message.
    """

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self._silence = bytes(rate_hz // 10 * 2)
        self._room = None if rate_hz == ROOM_RATE_HZ else RateStream(ROOM_RATE_HZ, rate_hz)
        self._own: dict[str, tuple[RateStream, int]] = {}
        self._block: Block | None = None
        self._shared: bytes | None = None
        self._is_fresh = True

    @property
    def silence(self) -> bytes:
        """One message without sound."""
        return self._silence

    def begin(self, room: Block | None) -> None:
        """A new tick: all voices added up, None where nobody made a sound."""
        self._shared = None
        if self._room is None:
            self._block = room
            return
        if room is None and self._is_fresh:
            self._block = None
            return
        self._is_fresh = False
        self._block = self._room.convert(SILENCE if room is None else room)

    def without(self, bot_id: str, own: Block | None, echo: Block | None = None) -> bytes:
        """The message for one bot: the room less `own`, plus `echo` of its own voice."""
        minus = self._converted(bot_id, _difference(own, echo))
        if minus is None:
            if self._shared is None:
                self._shared = self._silence if self._block is None else to_pcm(self._block)
            return self._shared
        base = self._block
        return to_pcm(-minus if base is None else base - minus)

    def forget(self, bot_id: str) -> None:
        """The bot is gone."""
        self._own.pop(bot_id, None)

    def _converted(self, bot_id: str, minus: Block | None) -> Block | None:
        if self._room is None:
            return minus
        stream, quiet_ticks = self._own.get(bot_id, (None, 0))
        if minus is None:
            if stream is None:
                return None
            quiet_ticks += 1
            if quiet_ticks > _FILTER_EMPTY_AFTER_TICKS:
                del self._own[bot_id]
                return None
        else:
            quiet_ticks = 0
        if stream is None:
            stream = RateStream(ROOM_RATE_HZ, self.rate_hz)
        self._own[bot_id] = (stream, quiet_ticks)
        return stream.convert(SILENCE if minus is None else minus)


def _difference(own: Block | None, echo: Block | None) -> Block | None:
    if echo is None:
        return own
    return -echo if own is None else own - echo


def plus(one: Block | None, other: Block | None) -> Block | None:
    """Both together; None is silence."""
    if one is None:
        return other
    return one if other is None else one + other


def less(whole: Block | None, part: Block | None) -> Block | None:
    """The whole without a part of it; None is silence."""
    if part is None or whole is None:
        return whole
    return whole - part


def add_up(blocks: Mapping[str, Block]) -> Block | None:
    """The sum of all; None where there is none."""
    if not blocks:
        return None
    parts = list(blocks.values())
    if len(parts) == 1:
        return parts[0]
    total = parts[0] + parts[1]
    for part in parts[2:]:
        total += part
    return total


class Mixer:
    """Gives every bot its sound of this tick."""

    def __init__(self) -> None:
        self._mixes: dict[int, RateMix] = {}
        self._echoes: dict[str, deque[Block | None]] = {}

    def deliver(
        self,
        bots: Mapping[str, SimulatedBot],
        everything: Block | None,
        voices: Mapping[str, Block],
        scenario: Scenario,
    ) -> None:
        """Send to each bot: silence in the lobby, in the call the room without itself."""
        begun: set[int] = set()
        for bot_id, bot in bots.items():
            if not bot.is_live:
                continue
            mix = self._mixes.get(bot.rate_hz)
            if mix is None:
                mix = self._mixes[bot.rate_hz] = RateMix(bot.rate_hz)
            if bot.rate_hz not in begun:
                begun.add(bot.rate_hz)
                mix.begin(everything)
            if bot.is_in_call:
                own = voices.get(bot_id)
                bot.send_sound(mix.without(bot_id, own, self._echo_of(bot_id, own, scenario)))
            else:
                bot.send_sound(mix.silence)

    def forget(self, bot_id: str) -> None:
        """The bot is gone."""
        self._echoes.pop(bot_id, None)
        for mix in self._mixes.values():
            mix.forget(bot_id)

    def _echo_of(self, bot_id: str, own: Block | None, scenario: Scenario) -> Block | None:
        if scenario.echo_gain <= 0.0:
            self._echoes.pop(bot_id, None)
            return None
        past = self._echoes.setdefault(bot_id, deque())
        past.append(own)
        echo: Block | None = None
        while len(past) > max(1, round(scenario.echo_delay_s / TICK_S)):
            echo = past.popleft()
        return None if echo is None else echo * np.float32(scenario.echo_gain)

"""Mix-minus at every rate."""

from __future__ import annotations

import numpy as np
import pytest

from speakdesk.providers.practice.mixing import RateMix
from speakdesk.providers.practice.sound import (
    ROOM_BLOCK,
    ROOM_RATE_HZ,
    Block,
    RateStream,
    from_pcm,
    loudness,
    to_pcm,
)
from tests.fixtures.tone import tone

RATES = (16000, 24000, 32000, 48000)


def ticks_of(frequency_hz: float, seconds: float = 1.0) -> list[Block]:
    samples = from_pcm(tone(frequency_hz, seconds))
    return [samples[i : i + ROOM_BLOCK] for i in range(0, samples.size, ROOM_BLOCK)]


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_bot_never_hears_itself(rate_hz: int) -> None:
    mix = RateMix(rate_hz)
    for own in ticks_of(440):
        mix.begin(own)
        heard = from_pcm(mix.without("ada", own))
        assert heard.size == rate_hz // 10
        assert loudness(heard) < 1e-4


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_bot_hears_the_others_while_it_speaks(rate_hz: int) -> None:
    alone, together = RateMix(rate_hz), RateMix(rate_hz)
    for other, own in zip(ticks_of(300), ticks_of(700), strict=True):
        alone.begin(other)
        together.begin(other + own)
        expected = from_pcm(alone.without("x", None))
        heard = from_pcm(together.without("ada", own))
        assert np.abs(expected - heard).max() <= 2


@pytest.mark.parametrize("rate_hz", RATES)
def test_bots_that_hear_the_same_share_one_message(rate_hz: int) -> None:
    mix = RateMix(rate_hz)
    mix.begin(ticks_of(300)[0])
    assert mix.without("a", None) is mix.without("b", None)
    mix.begin(None)
    assert len(mix.without("a", None)) == rate_hz // 10 * 2


def test_a_silent_room_costs_nothing_and_is_silent() -> None:
    mix = RateMix(24000)
    mix.begin(None)
    assert mix.without("a", None) is mix.silence
    assert not any(mix.silence)


@pytest.mark.parametrize("rate_hz", RATES)
def test_echo_is_the_bots_own_voice_again(rate_hz: int) -> None:
    mix = RateMix(rate_hz)
    levels = []
    for own in ticks_of(440):
        mix.begin(None)
        levels.append(loudness(from_pcm(mix.without("ada", None, own * np.float32(0.5)))))
    assert levels[-1] == pytest.approx(loudness(ticks_of(440)[0]) / 2, rel=0.05)


@pytest.mark.parametrize("pair", [(16000, 48000), (24000, 16000), (48000, 16000), (16000, 24000)])
def test_conversion_gives_exactly_one_tick_each_time(pair: tuple[int, int]) -> None:
    stream = RateStream(*pair)
    block = from_pcm(tone(440, 0.1, pair[0]))
    assert {stream.convert(block).size for _ in range(100)} == {pair[1] // 10}


def test_loud_rooms_are_held_at_full_scale() -> None:
    loud = np.full(ROOM_BLOCK, 60000, np.float32)
    assert np.frombuffer(to_pcm(loud), "<i2").max() == 32767
    assert np.frombuffer(to_pcm(-loud), "<i2").min() == -32768
    assert ROOM_RATE_HZ == 16000

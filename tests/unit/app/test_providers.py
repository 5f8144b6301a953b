"""Who a launch can go through, and what is said where it cannot."""

from __future__ import annotations

import pytest

from speakdesk.app.practice import PracticeMeeting
from speakdesk.app.providers import Providers
from speakdesk.domain.errors import ProviderError
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import PRACTICE_LINK, parse_link
from speakdesk.domain.speech import Keys

MEET = parse_link("https://meet.google.com/abc-defg-hij")


class Ring:
    """Keys that change while the desk runs."""

    def __init__(self, **values: str) -> None:
        self.values = values

    def __call__(self) -> Keys:
        return Keys(self.values)


@pytest.fixture
def ring() -> Ring:
    return Ring()


@pytest.fixture
def providers(ring: Ring) -> Providers:
    return Providers(PracticeMeeting(), ring, {})


def test_meetingbaas_says_which_key_it_needs(providers: Providers, ring: Ring) -> None:
    info = {i.key: i for i in providers.infos()}["meetingbaas"]
    assert not info.is_ready
    assert "MEETING_BAAS_API_KEY" in info.why
    ring.values["MEETING_BAAS_API_KEY"] = "k"
    assert {i.key: i for i in providers.infos()}["meetingbaas"].is_ready


async def test_a_key_that_was_changed_is_used_from_the_next_launch_on(
    providers: Providers, ring: Ring
) -> None:
    launch = Launch(MEET, ("ada",), provider="meetingbaas")
    ring.values["MEETING_BAAS_API_KEY"] = "one"
    first = await providers.get(launch)
    assert await providers.get(launch) is first
    ring.values["MEETING_BAAS_API_KEY"] = "two"
    assert await providers.get(launch) is not first
    await providers.close()


@pytest.mark.parametrize(
    ("launch", "words"),
    [
        (Launch(MEET, ("ada",), provider="practice"), "does not lead to Google Meet meetings"),
        (Launch(PRACTICE_LINK, ("ada",), provider="meetingbaas"), "practice room"),
        (Launch(MEET, ("ada",), provider="meetingbaas"), "needs a key"),
        (Launch(MEET, ("ada",), provider="nobody"), "no provider 'nobody'"),
    ],
)
async def test_what_cannot_work_is_said_before_anything_happens(
    providers: Providers, launch: Launch, words: str
) -> None:
    with pytest.raises(ProviderError, match=words):
        await providers.get(launch)

"""The tools by themselves: what they know, and what they say when they fail."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from speakdesk.domain.speech import Keys
from speakdesk.pipeline.places import UnknownPlace, zone_of
from speakdesk.pipeline.tools import TOOLS, call_tool
from tests.standins.base import Fault
from tests.standins.wttr import WttrStandIn


@pytest.fixture
async def wttr() -> AsyncIterator[WttrStandIn]:
    async with WttrStandIn() as standin:
        yield standin


async def weather(wttr: WttrStandIn, place: str = "Lisbon") -> dict[str, object]:
    return await call_tool(
        "weather", {"place": place}, keys=Keys({"WTTR_URL": wttr.url}), patience_s=0.5
    )


async def test_weather_says_what_it_is_like_now_and_on_the_next_days(wttr: WttrStandIn) -> None:
    report = await weather(wttr, "New York")
    assert report["place"] == "New York, Somewhere"
    assert (report["sky"], report["temperature_c"], report["wind_kmh"]) == ("Partly cloudy", 21, 12)
    days = report["days"]
    assert isinstance(days, list)
    assert [day["chance_of_rain_percent"] for day in days] == [10, 20, 30]
    assert wttr.requests[0].path == "/New York"
    assert wttr.requests[0].query == {"format": "j1"}


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault.SERVER_ERROR, "The weather service has trouble of its own right now."),
        (Fault.RATE_LIMIT, "The weather service has trouble of its own right now."),
        (Fault.DROP, "The weather service cannot be reached right now."),
        (Fault.GARBAGE, "The weather service answered something unreadable."),
        (Fault.SILENT, "Looking up the weather took too long, so there is no answer."),
    ],
)
async def test_weather_that_fails_says_so_in_words(
    wttr: WttrStandIn, fault: Fault, sentence: str
) -> None:
    wttr.fault = fault
    assert await weather(wttr) == {"error": sentence}


async def test_a_place_the_weather_service_does_not_know_is_named(wttr: WttrStandIn) -> None:
    report = await weather(wttr, "Nowhereville")
    assert report == {"error": "The weather service does not know a place called Nowhereville."}


async def test_a_place_cannot_lead_the_request_elsewhere(wttr: WttrStandIn) -> None:
    await weather(wttr, "../admin?x=1#y")
    assert wttr.requests[0].query == {"format": "j1"}


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ("Tokyo", "Asia/Tokyo"),
        ("Tokyo, Japan", "Asia/Tokyo"),
        ("são paulo", "America/Sao_Paulo"),
        ("San Francisco", "America/Los_Angeles"),
        ("New York City", "America/New_York"),
        ("München", "Europe/Berlin"),
        ("Germany", "Europe/Berlin"),
        ("Portugal", "Europe/Lisbon"),
        ("India", "Asia/Kolkata"),
        ("Zürich", "Europe/Zurich"),
        ("Reykjavik", "Atlantic/Reykjavik"),
        ("UTC", "UTC"),
        ("Europe/Paris", "Europe/Paris"),
        ("Amsterdm", "Europe/Amsterdam"),
        ("Paris, Texas", "America/Chicago"),
        ("Paris, France", "Europe/Paris"),
        ("Argentina", "America/Argentina/Buenos_Aires"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
    ],
)
def test_a_place_has_its_zone(place: str, zone: str) -> None:
    assert zone_of(place) == zone


@pytest.mark.parametrize("country", ["USA", "Brazil", "Australia", "Canada", "Russia"])
def test_a_country_with_many_zones_is_asked_back_about(country: str) -> None:
    with pytest.raises(UnknownPlace, match="more than one time zone"):
        zone_of(country)


async def test_an_unknown_place_is_said_to_be_unknown() -> None:
    answer = await call_tool("time", {"place": "Hobbiton"})
    assert answer == {
        "error": "I do not know the time zone of Hobbiton. Name a larger city near it."
    }


async def test_the_time_comes_with_its_date_and_zone() -> None:
    answer = await call_tool("time", {"place": "Kathmandu"})
    assert re.fullmatch(r"\d\d:\d\d", answer["time"])
    assert (answer["zone"], answer["utc_offset"]) == ("Asia/Kathmandu", "+0545")


@pytest.mark.parametrize("arguments", [{}, {"place": ""}, {"place": "   "}, {"place": None}])
async def test_a_call_without_a_place_asks_for_one(arguments: dict[str, object]) -> None:
    for name in TOOLS:
        assert "which place" in (await call_tool(name, arguments))["error"]


async def test_a_tool_nobody_has_is_an_answer_and_no_crash() -> None:
    assert await call_tool("horoscope", {"place": "x"}) == {
        "error": "There is no tool called horoscope."
    }

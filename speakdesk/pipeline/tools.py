"""What a bot can look up while it talks: the weather and the time in a place.

`call_tool` works by itself; `register_tools` puts the tools before a Pipecat model. Every call is
bounded: what fails or takes too long comes back as a sentence the model can say.
Weather is wttr.in's `/{place}?format=j1`; WTTR_URL among the keys points it elsewhere.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx
from loguru import logger

from speakdesk.domain.events import Event, ToolCalled
from speakdesk.domain.speech import Keys
from speakdesk.pipeline.places import UnknownPlace, zone_of
from speakdesk.providers.tls import tls_context

if TYPE_CHECKING:
    from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
    from pipecat.services.llm_service import FunctionCallParams, LLMService

PATIENCE_S = 8.0
_WTTR_URL = "https://wttr.in"


class ToolFailed(Exception):
    """A tool could not do its work; the text is a sentence for the model to say."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: its name and description for the model, and what it does with a place."""

    name: str
    title: str
    description: str
    place_description: str
    run: Callable[[str, Keys], Awaitable[dict[str, Any]]]


async def _weather(place: str, keys: Keys) -> dict[str, Any]:
    base_url = (keys.get("WTTR_URL") or _WTTR_URL).rstrip("/")
    headers = {"user-agent": "speakdesk", "accept-language": "en"}
    try:
        # Without a context of ours the client would read the certificates here, on the loop.
        tls = await tls_context()
        async with httpx.AsyncClient(timeout=PATIENCE_S, headers=headers, verify=tls) as http:
            answer = await http.get(f"{base_url}/{quote(place, safe='')}", params={"format": "j1"})
    except httpx.TimeoutException as error:
        raise ToolFailed("The weather service did not answer in time.") from error
    except httpx.HTTPError as error:
        raise ToolFailed("The weather service cannot be reached right now.") from error
    if answer.status_code == 404:
        raise ToolFailed(f"The weather service does not know a place called {place}.")
    if answer.status_code != 200:
        raise ToolFailed("The weather service has trouble of its own right now.")
    try:
        return _read_weather(answer.json(), place)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ToolFailed("The weather service answered something unreadable.") from error


def _read_weather(report: Mapping[str, Any], place: str) -> dict[str, Any]:
    # wttr.in wraps the same report in "data" on some of its servers.
    report = report.get("data", report)
    now = report["current_condition"][0]
    area = (report.get("nearest_area") or [{}])[0]
    names = [area[key][0]["value"] for key in ("areaName", "country") if area.get(key)]
    return {
        "place": ", ".join(names) or place,
        "sky": now["weatherDesc"][0]["value"].strip(),
        "temperature_c": int(now["temp_C"]),
        "feels_like_c": int(now["FeelsLikeC"]),
        "humidity_percent": int(now["humidity"]),
        "wind_kmh": int(now["windspeedKmph"]),
        "days": [
            {
                "date": day["date"],
                "low_c": int(day["mintempC"]),
                "high_c": int(day["maxtempC"]),
                "chance_of_rain_percent": max(
                    (int(hour["chanceofrain"]) for hour in day.get("hourly", ())), default=0
                ),
            }
            for day in report.get("weather", ())
        ],
    }


async def _time(place: str, keys: Keys) -> dict[str, Any]:
    try:
        zone = await asyncio.to_thread(zone_of, place)
        now = await asyncio.to_thread(lambda: datetime.now(UTC).astimezone(ZoneInfo(zone)))
    except UnknownPlace as error:
        raise ToolFailed(str(error)) from error
    return {
        "place": place,
        "time": now.strftime("%H:%M"),
        "date": now.strftime("%A, %d %B %Y"),
        "zone": zone,
        "utc_offset": now.strftime("%z"),
    }


TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            "weather",
            "Weather",
            "The weather in a place now and for the next days.",
            "A city or region, for example Lisbon or Lake Tahoe.",
            _weather,
        ),
        Tool(
            "time",
            "Time in a place",
            "The time and date now in a city or country.",
            "A city, a country or a time zone, for example Tokyo, Portugal or UTC.",
            _time,
        ),
    )
}


async def call_tool(
    name: str,
    arguments: Mapping[str, Any],
    *,
    keys: Keys | None = None,
    patience_s: float = PATIENCE_S,
) -> dict[str, Any]:
    """The tool's result, or `{"error": sentence}` where it failed; within `patience_s`."""
    tool = TOOLS.get(name)
    if tool is None:
        return {"error": f"There is no tool called {name}."}
    place = str(arguments.get("place") or "").strip()
    if not place:
        return {"error": "No place was named; ask which place is meant."}
    try:
        async with asyncio.timeout(patience_s):
            return await tool.run(place[:200], keys or Keys())
    except ToolFailed as error:
        return {"error": str(error)}
    except TimeoutError:
        return {"error": f"Looking up the {name} took too long, so there is no answer."}


def register_tools(
    llm_service: LLMService[Any],
    names: Sequence[str],
    emit: Callable[[Event], None],
    bot_id: str,
    *,
    keys: Keys | None = None,
    patience_s: float = PATIENCE_S,
) -> ToolsSchema:
    """Let a model use these tools; the result goes into its `LLMContext(tools=…)`.

    Each use is emitted as `ToolCalled`. Names nobody knows are left out, with a line in the log.
    """
    from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
    from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema

    async def handle(call: FunctionCallParams) -> None:
        started = time.monotonic()
        result = await call_tool(
            call.function_name, call.arguments, keys=keys, patience_s=patience_s
        )
        failed = str(result.get("error", ""))
        emit(
            ToolCalled(
                bot_id=bot_id,
                tool=call.function_name,
                ok=not failed,
                took_ms=round((time.monotonic() - started) * 1000, 1),
                failed=failed,
            )
        )
        await call.result_callback(result)

    schemas = []
    for name in names:
        tool = TOOLS.get(name)
        if tool is None:
            logger.warning("no tool is called {}", name)
            continue
        # Pipecat's own bound is only the net below ours, which answers in words.
        llm_service.register_function(name, handle, timeout_secs=patience_s + 2)
        place = {"type": "string", "description": tool.place_description}
        schemas.append(
            FunctionSchema(
                name=name,
                description=tool.description,
                properties={"place": place},
                required=["place"],
            )
        )
    return ToolsSchema(standard_tools=list(schemas))

"""wttr.in's `/{place}?format=j1`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.standins.base import STATUS, Fault, Seen, StandIn


@dataclass
class WttrStandIn(StandIn):
    """Knows the weather of every place but those named in `unknown`."""

    temperature_c: int = 21
    sky: str = "Partly cloudy"
    unknown: tuple[str, ...] = ("nowhereville",)

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/{place}", self.http(self._weather))

    def refusal(self, fault: Fault) -> web.Response:
        return web.Response(status=STATUS[fault], text="Sorry, we are running out of queries")

    async def _weather(self, request: web.Request, seen: Seen) -> web.Response:
        place = request.match_info["place"]
        if place.lower() in self.unknown:
            return web.Response(status=404, text="Unknown location; please try ~52.5,13.4")
        return web.json_response(self._report(place))

    def _report(self, place: str) -> dict[str, Any]:
        def named(text: str) -> list[dict[str, str]]:
            return [{"value": text}]

        return {
            "current_condition": [
                {
                    "temp_C": str(self.temperature_c),
                    "FeelsLikeC": str(self.temperature_c - 1),
                    "humidity": "55",
                    "windspeedKmph": "12",
                    "weatherDesc": named(self.sky),
                    "localObsDateTime": "2026-01-01 10:00 AM",
                }
            ],
            "nearest_area": [{"areaName": named(place.title()), "country": named("Somewhere")}],
            "weather": [
                {
                    "date": f"2026-01-0{day}",
                    "maxtempC": str(self.temperature_c + day),
                    "mintempC": str(self.temperature_c - 5),
                    "hourly": [{"chanceofrain": str(10 * day), "weatherDesc": named("Light rain")}],
                }
                for day in (1, 2, 3)
            ],
        }

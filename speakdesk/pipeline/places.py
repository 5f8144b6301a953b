"""From the name of a city or a country to its time zone.

The names come from the zone database itself (`Europe/Berlin` knows Berlin; `zone.tab` and
`iso3166.tab` know which country has which zones), and a short list of cities that have no zone of
their own. Raises UnknownPlace, a sentence that says what is not known, and asks where it can.
"""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz, process

# Cities people ask for whose zone carries another city's name.
_CITIES: dict[str, str] = {
    "America/Chicago": "austin|dallas|houston|san antonio|minneapolis|new orleans|st louis|"
    "milwaukee|kansas city|memphis|nashville|texas|illinois",
    "America/Los_Angeles": "san francisco|san diego|seattle|portland|las vegas|sacramento|"
    "san jose|oakland|silicon valley|california|nevada|oregon|palo alto|hollywood",
    "America/New_York": "boston|washington|washington dc|philadelphia|miami|atlanta|orlando|"
    "charlotte|baltimore|pittsburgh|cleveland|columbus|new jersey|florida|georgia usa|nyc|"
    "massachusetts|virginia",
    "America/Denver": "salt lake city|albuquerque|colorado|utah|santa fe",
    "America/Phoenix": "arizona|tucson",
    "America/Toronto": "ottawa|montreal|quebec|ontario|hamilton",
    "America/Edmonton": "calgary|alberta",
    "America/Vancouver": "victoria|british columbia",
    "America/Sao_Paulo": "rio de janeiro|rio|brasilia|belo horizonte|curitiba|porto alegre",
    "America/Mexico_City": "guadalajara|puebla|ciudad de mexico",
    "America/Bogota": "medellin|cali|cartagena",
    "America/Guayaquil": "quito",
    "America/Argentina/Buenos_Aires": "mendoza|rosario|cordoba argentina",
    "Europe/London": "england|scotland|wales|uk|great britain|britain|united kingdom|manchester|"
    "birmingham|edinburgh|glasgow|liverpool|leeds|bristol|cardiff|oxford|cambridge",
    "Europe/Berlin": "germany|munich|muenchen|munchen|hamburg|frankfurt|cologne|koln|stuttgart|"
    "dusseldorf|leipzig|dresden|hannover|hanover|bremen|nuremberg|nurnberg|deutschland",
    "Europe/Paris": "lyon|marseille|nice|toulouse|bordeaux|lille|strasbourg|nantes",
    "Europe/Madrid": "spain|barcelona|valencia|seville|sevilla|bilbao|malaga",
    "Europe/Lisbon": "portugal|porto|lisboa|faro",
    "Europe/Rome": "milan|milano|naples|napoli|turin|torino|florence|venice|bologna|roma",
    "Europe/Zurich": "geneva|basel|bern|lausanne|zuerich",
    "Europe/Vienna": "salzburg|graz|innsbruck|linz|wien",
    "Europe/Amsterdam": "netherlands|holland|rotterdam|the hague|utrecht|eindhoven",
    "Europe/Brussels": "antwerp|ghent|bruges",
    "Europe/Warsaw": "krakow|cracow|gdansk|wroclaw|poznan",
    "Europe/Stockholm": "gothenburg|malmo",
    "Europe/Copenhagen": "aarhus",
    "Europe/Prague": "brno|praha",
    "Europe/Kyiv": "kiev|lviv|odesa|odessa|kharkiv|ukraine",
    "Europe/Moscow": "st petersburg|saint petersburg",
    "Europe/Istanbul": "ankara|izmir|turkey|turkiye|antalya",
    "Asia/Kolkata": "mumbai|bombay|delhi|new delhi|bangalore|bengaluru|chennai|hyderabad|pune|"
    "calcutta|ahmedabad",
    "Asia/Shanghai": "china|beijing|shenzhen|guangzhou|chengdu|wuhan|hangzhou|nanjing",
    "Asia/Tokyo": "osaka|kyoto|yokohama|sapporo|nagoya|fukuoka",
    "Asia/Seoul": "busan|korea|south korea",
    "Asia/Dubai": "abu dhabi|uae|emirates",
    "Asia/Riyadh": "jeddah|mecca",
    "Asia/Jerusalem": "tel aviv|haifa",
    "Asia/Ho_Chi_Minh": "hanoi|saigon|da nang|vietnam",
    "Asia/Karachi": "lahore|islamabad",
    "Asia/Taipei": "taiwan",
    "Asia/Manila": "cebu|quezon city",
    "Australia/Sydney": "canberra|new south wales",
    "Australia/Brisbane": "gold coast|queensland",
    "Pacific/Auckland": "wellington|christchurch|new zealand",
    "Africa/Johannesburg": "cape town|durban|pretoria",
    "Africa/Lagos": "abuja",
    "Africa/Casablanca": "rabat|marrakesh|marrakech",
    "Pacific/Honolulu": "hawaii|waikiki",
    "Africa/Nairobi": "mombasa",
    "UTC": "gmt|zulu|greenwich",
}
# What people call a country whose entry in the zone database is named otherwise.
_COUNTRIES = {
    "usa": "US",
    "us": "US",
    "america": "US",
    "united states of america": "US",
    "czechia": "CZ",
    "russian federation": "RU",
    "brasil": "BR",
    "espana": "ES",
    "osterreich": "AT",
    "schweiz": "CH",
}


class UnknownPlace(Exception):
    """No one time zone for this name; the text is a sentence for a person."""


def zone_of(place: str) -> str:
    """The zone of a place ("Asia/Tokyo" for "Tokyo, Japan"). Reads files once: call in a thread."""
    zones, countries = _tables()
    whole = _plain(place).removesuffix(" city")
    if whole in zones:
        return zones[whole]
    parts = [_plain(part).removesuffix(" city") for part in re.split(r"[,;/(]", place)]
    known = [part for part in parts if part in zones]
    if known:
        return _narrow(known, parts, zones, countries)
    for part in [whole, *parts]:
        if part in countries:
            return _zone_of_country(place.strip(), countries[part])
    nearest = process.extractOne(whole, zones.keys(), scorer=fuzz.ratio, score_cutoff=86)
    if nearest and len(whole) >= 5:
        return zones[nearest[0]]
    raise UnknownPlace(
        f"I do not know the time zone of {place.strip()}. Name a larger city near it."
    )


def _narrow(
    known: list[str],
    parts: list[str],
    zones: dict[str, str],
    countries: dict[str, tuple[str, ...]],
) -> str:
    """The first name's zone, unless a wider one behind it puts it elsewhere: Paris, Texas."""
    first = zones[known[0]]
    for part in parts[parts.index(known[0]) + 1 :]:
        around = countries.get(part) or ((zones[part],) if part in zones else ())
        if len(around) == 1 and first not in around:
            return around[0]
    return first


def _zone_of_country(name: str, zones: tuple[str, ...]) -> str:
    """The country's one time, however many zones it is kept in; else asks for a city."""
    year = datetime.now(UTC).year
    moments = [datetime(year, month, 1, 12, tzinfo=UTC) for month in (1, 7)]
    times = {tuple(m.astimezone(ZoneInfo(zone)).utcoffset() for m in moments) for zone in zones}
    if len(times) == 1:
        return zones[0]
    cities = ", ".join(zone.rpartition("/")[2].replace("_", " ") for zone in zones[:3])
    raise UnknownPlace(
        f"{name} has more than one time zone. Name a city in it, for example {cities}."
    )


@cache
def _tables() -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    zones: dict[str, str] = {}
    for zone in sorted(zoneinfo.available_timezones()):
        if zone.startswith(("Etc/", "SystemV/", "posix/", "right/")) or zone == "Factory":
            continue
        zones.setdefault(_plain(zone.rpartition("/")[2]), zone)
        zones.setdefault(_plain(zone), zone)
    countries = _countries()
    # A country's own name means its zones, not the bare alias the database keeps of it.
    for name, of_country in countries.items():
        zones.pop(name, None)
        if len(of_country) == 1:
            zones[name] = of_country[0]
    for zone, cities in _CITIES.items():
        for city in cities.split("|"):
            zones[city] = zone
    return zones, countries


def _countries() -> dict[str, tuple[str, ...]]:
    """Zones by country name, from the zone database's own tables."""
    files = resources.files("tzdata") / "zoneinfo"
    names = {}
    for line in (files / "iso3166.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            code, name = line.split("\t")
            names[code] = _plain(name)
    by_code: dict[str, list[str]] = {}
    for line in (files / "zone.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            code, _, zone = line.split("\t")[:3]
            by_code.setdefault(code, []).append(zone)
    known = zoneinfo.available_timezones()
    found = {
        names[code]: tuple(zone for zone in of_country if zone in known)
        for code, of_country in by_code.items()
        if code in names
    }
    for name, code in _COUNTRIES.items():
        found[name] = tuple(by_code.get(code, ()))
    return {name: of_country for name, of_country in found.items() if of_country}


def _plain(text: str) -> str:
    """Lower case, no accents, no punctuation: "São Paulo" and "Sao_Paulo" are the same place."""
    letters = unicodedata.normalize("NFKD", text)
    letters = "".join(c for c in letters if not unicodedata.combining(c)).replace("ß", "ss")
    return " ".join(re.sub(r"[^\w/+-]|_", " ", letters.lower()).split())

"""What MeetingBaas v2 and v1 answer about calendars (contracts/meetingbaas.md §1.2, §2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from speakdesk.domain.calendar import (
    Attendee,
    CalendarChoice,
    CalendarConnection,
    CalendarEvent,
    EventBots,
    EventSeries,
)
from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.providers.meetingbaas import reading
from speakdesk.providers.meetingbaas.errors import Refusal, clean
from speakdesk.providers.meetingbaas.replies import item_problem

_LOST: Mapping[str, tuple[Reason, str, str]] = {
    "error": (
        Reason.UNAVAILABLE,
        "The provider has trouble reading this calendar.",
        "Synchronise it again; if that fails, connect it again.",
    ),
    "revoked": (
        Reason.AUTHENTICATION,
        "The permission to read this calendar was withdrawn.",
        "Sign in again for a new refresh token and connect the calendar with it.",
    ),
    "permission_denied": (
        Reason.AUTHENTICATION,
        "The account may not read this calendar.",
        "Ask the calendar's owner to share it with the account, then connect it again.",
    ),
}
_PLATFORM_OF_HOST = (
    ("meet.google.com", "meet"),
    ("zoom.us", "zoom"),
    ("zoomgov.com", "zoom"),
    ("teams.microsoft.com", "teams"),
    ("teams.live.com", "teams"),
)


def read_choice(data: Mapping[str, Any]) -> CalendarChoice:
    """A calendar that could be connected."""
    return CalendarChoice(
        id=reading.word(data.get("id")),
        name=reading.text(data.get("name")),
        email=reading.text(data.get("email")),
        is_primary=data.get("is_primary") is True,
    )


def read_connection(data: Mapping[str, Any]) -> CalendarConnection:
    """A connected calendar; v1 says neither platform nor status, and tells a name."""
    status = reading.text(data.get("status"))
    words = reading.text(data.get("status_message")) or reading.text(data.get("sync_error"))
    lost = _LOST.get(status)
    problem = None
    if lost is not None:
        problem = Problem(Stage.PROVIDER, lost[0], lost[1], lost[2], clean(words))
    return CalendarConnection(
        calendar_id=reading.word(data.get("calendar_id") or data.get("uuid")),
        platform=reading.text(data.get("calendar_platform")),
        email=reading.text(data.get("account_email")) or reading.text(data.get("email")),
        name=reading.text(data.get("name")),
        status=status,
        status_words=clean(words),
        created=reading.moment(data.get("created_at")),
        synced=reading.moment(data.get("synced_at")),
        problem=problem,
    )


def read_event(data: Mapping[str, Any]) -> CalendarEvent:
    """An event from a list, its own page, a series, a webhook, or v1."""
    payload = data.get("raw_payload", data.get("raw"))
    vendor = reading.mapping(payload)
    url = reading.text(data.get("meeting_url"))
    status = reading.text(data.get("status"))
    if not status and isinstance(data.get("deleted"), bool):
        status = "cancelled" if data["deleted"] else "confirmed"
    people = data.get("attendees")
    organizer = reading.text(data.get("organizer_name")) or reading.text(
        data.get("organizer_email")
    )
    recurring = data.get("event_type") == "recurring" or data.get("is_recurring") is True
    return CalendarEvent(
        event_id=reading.word(data.get("event_id") or data.get("uuid")),
        calendar_id=reading.word(data.get("calendar_id") or data.get("calendar_uuid")),
        series_id=reading.word(data.get("series_id") or data.get("recurring_event_id")),
        title=_title(data) or _title(vendor),
        start=reading.moment(data.get("start_time") or data.get("start")),
        end=reading.moment(data.get("end_time") or data.get("end")),
        status=status,
        is_recurring=recurring,
        is_exception=data.get("is_exception") is True,
        is_all_day=data.get("is_all_day") is True,
        has_bot=data.get("bot_scheduled") is True or bool(data.get("bot_param")),
        meeting_url=url,
        platform=reading.text(data.get("meeting_platform")) or _platform_of(url),
        description=reading.text(data.get("description")),
        location=reading.text(data.get("location")),
        organizer=organizer,
        attendees=tuple(_attendee(item) for item in reading.items(people)),
    )


def read_series(data: Mapping[str, Any]) -> EventSeries:
    """A series; its instances get what only the series says."""
    series_id = reading.word(data.get("series_id"))
    calendar_id = reading.word(data.get("calendar_id"))
    is_recurring = data.get("event_type") == "recurring"
    events = tuple(
        replace(
            event,
            series_id=event.series_id or series_id,
            calendar_id=event.calendar_id or calendar_id,
            is_recurring=event.is_recurring or is_recurring,
        )
        for event in map(read_event, reading.items(_instances(data)))
    )
    return EventSeries(series_id, calendar_id, is_recurring, events)


def read_event_bots(
    envelope: Mapping[str, Any], who: str, secrets: tuple[str, ...] = ()
) -> EventBots:
    """What came of a request for bots on events; some may be refused while others are taken."""
    taken = (reading.word(item.get("event_id")) for item in reading.items(envelope.get("data")))
    failures = (
        (reading.word(item.get("event_id")), item_problem(item, who, secrets))
        for item in reading.items(envelope.get("errors"))
    )
    return EventBots(tuple(event_id for event_id in taken if event_id), tuple(failures))


def sign_in_problem(refusal: Refusal, platform: str, who: str) -> Problem | None:
    """What a refused sign-in to a calendar means; None where it is no matter of the calendar.

    The service answers 401 for a bad refresh token and for a bad key of ours (§2.2).
    """
    vendor = {"google": "Google", "microsoft": "Microsoft"}.get(platform.lower(), platform)
    words = refusal.problem.vendor_words
    if refusal.http_status in (401, 403) and refusal.code != "FST_ERR_FORBIDDEN":
        return Problem(
            Stage.PROVIDER,
            Reason.AUTHENTICATION,
            f"{vendor} did not accept the sign-in: a value is wrong, or the refresh token was "
            "withdrawn.",
            f"Sign in with {vendor} again for a new refresh token. If everything else fails too, "
            f"check the {who} key.",
            words,
        )
    if refusal.http_status == 409:
        return Problem(
            Stage.PROVIDER,
            Reason.CONFLICT,
            "This calendar is connected already.",
            "Renew its sign-in instead of connecting it again.",
            words,
        )
    if refusal.http_status == 429 and not refusal.was_too_fast:
        return Problem(
            Stage.PROVIDER,
            Reason.QUOTA,
            f"The {who} plan allows no further calendar.",
            "Disconnect one that is not needed, or choose a larger plan.",
            words,
        )
    return None


def _instances(data: Mapping[str, Any]) -> Any:
    for name in ("events", "instances", "affected_instances", "cancelled_instances"):
        if name in data:
            return data[name]
    return []


def _title(data: Mapping[str, Any]) -> str:
    for name in ("title", "name", "summary", "subject"):
        found = reading.text(data.get(name))
        if found:
            return found
    return ""


def _attendee(data: Mapping[str, Any]) -> Attendee:
    return Attendee(
        email=reading.text(data.get("email")),
        name=reading.text(data.get("name")),
        answer=reading.text(data.get("response_status")),
    )


def _platform_of(url: str) -> str:
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
    for name, platform in _PLATFORM_OF_HOST:
        if host == name or host.endswith(f".{name}"):
            return platform
    return ""

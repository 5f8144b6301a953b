"""What MeetingBaas v2 answers about bots, as values (contracts/meetingbaas.md §2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from speakdesk.domain.aftermath import Cost, Participant
from speakdesk.domain.calendar import ScheduledBot
from speakdesk.domain.errors import Problem
from speakdesk.providers.base import ProviderStatus
from speakdesk.providers.meetingbaas import reading
from speakdesk.providers.meetingbaas.errors import problem_with_item
from speakdesk.providers.meetingbaas.lost import MARK
from speakdesk.providers.meetingbaas.statuses import read_status


@dataclass(frozen=True, slots=True)
class BotDetails:
    """One bot as the provider keeps it; the list gives the same without participants.

    `tokens` is what it cost in all, None until known; `cost` is the same in parts.
    """

    provider_bot_id: str
    bot_name: str
    status: ProviderStatus
    created: datetime | None = None
    joined: datetime | None = None
    exited: datetime | None = None
    duration_s: float | None = None
    participants: tuple[str, ...] = ()
    error_code: str = ""
    tokens: float | None = None
    cost: Cost | None = None
    people: tuple[Participant, ...] = ()
    speakers: tuple[str, ...] = ()
    meeting_url: str = field(default="", repr=False)
    platform: str = ""
    recording: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class BotPage:
    """A page of bots, newest first; `cursor` asks for the next, empty at the end."""

    bots: tuple[BotDetails, ...]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Screenshot:
    """A picture of the meeting; `url` runs out after four hours."""

    url: str = field(repr=False)
    id: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What came of a batch, by the place of each request in it."""

    bot_ids: Mapping[int, str]
    failures: Mapping[int, Problem]


def read_details(data: Mapping[str, Any]) -> BotDetails:
    """The bot a details or list item describes; missing and odd fields are left empty."""
    people = read_people(data.get("participants"))
    cost = read_cost(data.get("tokens"))
    return BotDetails(
        provider_bot_id=reading.word(data.get("bot_id")),
        bot_name=reading.text(data.get("bot_name")),
        status=read_status(data),
        created=reading.moment(data.get("created_at")),
        joined=reading.moment(data.get("joined_at")),
        exited=reading.moment(data.get("exited_at") or data.get("ended_at")),
        duration_s=reading.number(data.get("duration_seconds", data.get("duration"))),
        participants=tuple(person.shown_name for person in people),
        error_code=reading.text(data.get("error_code")),
        tokens=cost.total if cost else None,
        cost=cost,
        people=people,
        speakers=tuple(person.shown_name for person in read_people(data.get("speakers"))),
        meeting_url=reading.text(data.get("meeting_url")),
        platform=reading.text(data.get("meeting_platform")),
        recording=reading.text(data.get("recording_mode")),
        extra=reading.mapping(data.get("extra")),
        is_deleted=data.get("artifacts_deleted") is True or data.get("data_deleted") is True,
    )


def read_people(value: Any) -> tuple[Participant, ...]:
    """Participants or speakers: objects, or (v1) plain names; the nameless are left out."""
    found = []
    for item in value if isinstance(value, list) else ():
        if isinstance(item, str):
            item = {"name": item}
        if not isinstance(item, dict):
            continue
        person = Participant(
            name=reading.text(item.get("name")) or reading.text(item.get("display_name")),
            id=reading.whole(item.get("id")),
            display_name=reading.text(item.get("display_name")),
            picture_url=reading.text(item.get("profile_picture")),
        )
        if person.name:
            found.append(person)
    return tuple(found)


def read_cost(value: Any) -> Cost | None:
    """The tokens a bot cost; None where nothing is said. A missing total is the parts' sum."""
    if not isinstance(value, dict):
        return None
    parts = Cost(
        recording=reading.number(value.get("recording")),
        transcription=reading.number(value.get("transcription")),
        own_key_transcription=reading.number(value.get("byok_transcription")),
        streaming_input=reading.number(value.get("streaming_input")),
        streaming_output=reading.number(value.get("streaming_output")),
    )
    said = [
        part
        for part in (
            parts.recording,
            parts.transcription,
            parts.own_key_transcription,
            parts.streaming_input,
            parts.streaming_output,
        )
        if part is not None
    ]
    total = reading.number(value.get("total"))
    if total is None and not said:
        return None
    return Cost(
        total=sum(said) if total is None else total,
        recording=parts.recording,
        transcription=parts.transcription,
        own_key_transcription=parts.own_key_transcription,
        streaming_input=parts.streaming_input,
        streaming_output=parts.streaming_output,
    )


def read_batch(envelope: Mapping[str, Any], who: str, secrets: tuple[str, ...]) -> BatchResult:
    """`data` and `errors` of a batch, which succeeds as a whole even where every item failed."""
    bot_ids: dict[int, str] = {}
    for item in reading.items(envelope.get("data")):
        index, bot_id = reading.whole(item.get("index")), reading.word(item.get("bot_id"))
        if index is not None and bot_id:
            bot_ids[index] = bot_id
    failures: dict[int, Problem] = {}
    for item in reading.items(envelope.get("errors")):
        index = reading.whole(item.get("index"))
        if index is not None:
            failures[index] = item_problem(item, who, secrets)
    return BatchResult(bot_ids, failures)


def item_problem(item: Mapping[str, Any], who: str, secrets: tuple[str, ...] = ()) -> Problem:
    """Why one item of several was refused."""
    words = (reading.text(item.get("message")), reading.text(item.get("details")))
    return problem_with_item(
        who, reading.text(item.get("code")), " ".join(w for w in words if w), secrets
    )


def read_scheduled(data: Mapping[str, Any]) -> ScheduledBot:
    """A scheduled bot as the list or its own page has it."""
    return ScheduledBot(
        provider_bot_id=reading.word(data.get("bot_id")),
        bot_name=reading.text(data.get("bot_name")),
        meeting_url=reading.text(data.get("meeting_url")),
        platform=reading.text(data.get("meeting_platform")),
        join_at=reading.moment(data.get("join_at")),
        status=reading.text(data.get("status")),
        created=reading.moment(data.get("created_at")),
        updated=reading.moment(data.get("updated_at")),
        cancelled=reading.moment(data.get("cancelled_at")),
        is_from_speakdesk=MARK in reading.mapping(data.get("extra")),
    )


def read_screenshot(data: Mapping[str, Any]) -> Screenshot:
    """A screenshot: v2 numbers them, v1 dates them."""
    return Screenshot(
        url=reading.text(data.get("url")),
        id=reading.word(data.get("screenshot_id")),
        at=reading.moment(data.get("date")),
    )


def next_cursor(envelope: Mapping[str, Any]) -> str:
    """What asks for the next page; v2 and v1 name it differently."""
    for name in ("cursor", "next_cursor", "next"):
        found = reading.text(envelope.get(name))
        if found:
            return found
    return ""

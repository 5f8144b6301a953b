"""What MeetingBaas v1 answers about bots, as values (contracts/meetingbaas.md §1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from speakdesk.domain.aftermath import Aftermath
from speakdesk.domain.bot import BotState
from speakdesk.providers.base import ProviderStatus
from speakdesk.providers.meetingbaas import reading
from speakdesk.providers.meetingbaas.artifacts import V1_LASTS, read_aftermath
from speakdesk.providers.meetingbaas.statuses import status_of
from speakdesk.providers.meetingbaas.transcript import read_transcript


@dataclass(frozen=True, slots=True)
class ListedBot:
    """A bot as `bots_with_metadata` has it."""

    provider_bot_id: str
    bot_name: str = ""
    meeting_url: str = field(default="", repr=False)
    created: datetime | None = None
    ended: datetime | None = None
    duration_s: float | None = None
    speakers: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


def read_listed(data: Mapping[str, Any]) -> ListedBot:
    """One bot of the list; missing and odd fields are left empty."""
    return ListedBot(
        provider_bot_id=reading.word(data.get("uuid") or data.get("bot_id")),
        bot_name=reading.text(data.get("bot_name")),
        meeting_url=reading.text(data.get("meeting_url")),
        created=reading.moment(data.get("created_at")),
        ended=reading.moment(data.get("ended_at")),
        duration_s=reading.number(data.get("duration")),
        speakers=reading.texts(data.get("speakers")),
        extra=reading.mapping(data.get("extra")),
    )


def status_from_data(data: Mapping[str, Any]) -> ProviderStatus:
    """Where a bot is, as far as `meeting_data` lets on: v1 has no status call.

    The raw word is ours where v1 has none: "ended", "in call".
    """
    bot = _bot(data)
    errors = reading.text(bot.get("errors")).strip()
    ended = reading.moment(bot.get("bot_exited_at")) or reading.moment(bot.get("ended_at"))
    joined = reading.moment(bot.get("bot_joined_at"))
    if errors:
        code, _, words = errors.partition(":")
        status = status_of("failed", code.strip(), words.strip(), ended)
        if joined is None or status.problem is None:
            return replace(status, raw=errors[:80])
        return replace(status, raw="ended", state=BotState.ENDED)
    if ended is not None:
        return replace(status_of("call_ended", at=ended), raw="ended")
    if joined is not None:
        return replace(status_of("in_call_recording", at=joined), raw="in call")
    return ProviderStatus(raw="", at=reading.moment(bot.get("created_at")))


def aftermath_from_data(data: Mapping[str, Any], bot_id: str, now: datetime) -> Aftermath:
    """The files, the transcript and the people of a meeting; v1 does not tell its cost."""
    bot = _bot(data)
    status = status_from_data(data)
    lines = read_transcript(reading.mapping(data.get("bot_data")).get("transcripts"))
    found = read_aftermath(
        {**data, "joined_at": bot.get("bot_joined_at"), "exited_at": bot.get("bot_exited_at")},
        now,
        lasts=V1_LASTS,
        is_complete=status.state is BotState.FAILED
        or (status.state is BotState.ENDED and bool(data.get("mp4") or data.get("audio"))),
    )
    duration_s = found.duration_s if found.duration_s and found.duration_s > 0 else None
    return replace(
        found,
        provider_bot_id=reading.word(bot.get("uuid")) or bot_id,
        raw=status.raw,
        lines=lines,
        speakers=tuple(dict.fromkeys(line.speaker for line in lines if line.speaker)),
        duration_s=duration_s,
        problem=status.problem,
    )


def _bot(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return reading.mapping(reading.mapping(data.get("bot_data")).get("bot"))

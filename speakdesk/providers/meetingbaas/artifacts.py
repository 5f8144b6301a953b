"""What is ready after a meeting: files with the time their address lasts, people, cost.

Sources disagree on how long a v1 address lasts (an hour, two, a day: contracts/meetingbaas.md
§1.1), so the shortest is believed where the address does not tell; v2 says four hours (§2.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from speakdesk.domain.aftermath import Aftermath, Artifact, ArtifactKind
from speakdesk.domain.bot import BotState
from speakdesk.providers.meetingbaas import reading
from speakdesk.providers.meetingbaas.replies import read_cost, read_people
from speakdesk.providers.meetingbaas.statuses import read_status
from speakdesk.providers.meetingbaas.transcript import read_transcript

V2_LASTS = timedelta(hours=4)
V1_LASTS = timedelta(hours=1)
_FIELDS: Mapping[str, ArtifactKind] = {
    "video": ArtifactKind.VIDEO,
    "mp4": ArtifactKind.VIDEO,
    "audio": ArtifactKind.AUDIO,
    "transcription": ArtifactKind.TRANSCRIPT,
    "raw_transcription": ArtifactKind.RAW_TRANSCRIPT,
    "diarization": ArtifactKind.DIARIZATION,
    "speaker_diarization_file": ArtifactKind.DIARIZATION,
    "chat_messages": ArtifactKind.CHAT,
    "meeting_participants_file": ArtifactKind.PARTICIPANTS,
}
_STILL_WORKING = frozenset({"call_ended", "recording_succeeded", "transcribing"})


def read_aftermath(
    data: Mapping[str, Any],
    now: datetime,
    *,
    lasts: timedelta = V2_LASTS,
    is_complete: bool | None = None,
) -> Aftermath:
    """What a details reply or a `completed` webhook says is there at `now`.

    `is_complete` None takes it from the status: ended, and nothing is being worked on.
    """
    status = read_status(data)
    if is_complete is None:
        ended = status.state in (BotState.ENDED, BotState.FAILED)
        is_complete = ended and status.raw not in _STILL_WORKING
    people = read_people(data.get("participants"))
    duration = data.get("duration_seconds", data.get("duration"))
    return Aftermath(
        provider_bot_id=reading.word(data.get("bot_id")),
        raw=status.raw,
        is_complete=is_complete,
        is_deleted=data.get("artifacts_deleted") is True or data.get("data_deleted") is True,
        artifacts=read_artifacts(data, now, lasts),
        lines=read_transcript(data.get("transcript")),
        participants=people,
        speakers=tuple(person.shown_name for person in read_people(data.get("speakers"))),
        joined=reading.moment(data.get("joined_at")),
        exited=reading.moment(data.get("exited_at") or data.get("ended_at")),
        duration_s=reading.number(duration),
        cost=read_cost(data.get("tokens")),
        problem=status.problem,
    )


def read_artifacts(
    data: Mapping[str, Any], now: datetime, lasts: timedelta
) -> tuple[Artifact, ...]:
    """The files an object links to, each kind once; null and empty addresses are no files."""
    found: dict[ArtifactKind, Artifact] = {}
    for name, kind in _FIELDS.items():
        url = reading.text(data.get(name)).strip()
        if url.startswith(("https://", "http://")) and kind not in found:
            found[kind] = Artifact(kind, url, expiry_of(url) or now + lasts)
    return tuple(found.values())


def expiry_of(url: str) -> datetime | None:
    """When a signed address runs out, where it says so itself (S3, CloudFront, GCS, Azure)."""
    try:
        query = {key.lower(): values[0] for key, values in parse_qs(urlsplit(url).query).items()}
    except ValueError:
        return None
    for prefix in ("x-amz", "x-goog"):
        signed, lasts_s = query.get(f"{prefix}-date", ""), query.get(f"{prefix}-expires", "")
        if signed and lasts_s.isascii() and lasts_s.isdigit():
            try:
                began = datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
                return began + timedelta(seconds=int(lasts_s))
            except (ValueError, OverflowError):
                return None
    return reading.moment(query.get("se")) or _epoch(query.get("expires", ""))


def _epoch(text: str) -> datetime | None:
    # Anything smaller is a duration and not a moment.
    return (
        reading.moment(int(text)) if text.isascii() and text.isdigit() and len(text) > 9 else None
    )

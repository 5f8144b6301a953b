"""What MeetingBaas says about a bot, and what it means for us.

Words of contracts/meetingbaas.md §2.4 and §4.1 (v1 and v2 share them). A failed bot's status may
be its end code. Unknown words are shown as they came and move nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import Problem
from speakdesk.providers.base import NOTHING_TO_DO, ProviderStatus
from speakdesk.providers.meetingbaas import reading
from speakdesk.providers.meetingbaas.end_codes import (
    canonical,
    cut_short,
    is_known,
    normal_end,
    problem_of_code,
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a status value means: the state it proves (None for no change) and how it is told.

    `cause` is a phrase for an end. `error_code` names the end code that explains the trouble where
    the provider gives none of its own.
    """

    state: BotState | None
    sentence: str
    next_step: str
    cause: str = ""
    error_code: str = ""


_WAIT = "Wait a moment."
_LET_IN = "Ask the host to let it in."
_NOTHING = NOTHING_TO_DO
_OVER = "the call ended"
_READ_ON = "The reason stands below."


def _failed(sentence: str, error_code: str) -> Meaning:
    return Meaning(BotState.FAILED, sentence, _READ_ON, error_code=error_code)


STATUSES: Mapping[str, Meaning] = MappingProxyType(
    {
        "queued": Meaning(BotState.JOINING, "The bot waits for a machine.", _WAIT),
        "pickup_delayed": Meaning(
            BotState.JOINING,
            "All of the provider's machines are busy; the bot waits for one.",
            "Wait some minutes, or leave and launch again later.",
            "all of the provider's machines are busy",
        ),
        "retrying": Meaning(
            None,
            "The first try failed; the provider tries again.",
            _WAIT,
            "the provider tries again",
        ),
        "joining_call": Meaning(BotState.JOINING, "The bot is opening the meeting.", _WAIT),
        "in_waiting_room": Meaning(BotState.LOBBY, "The bot is in the waiting room.", _LET_IN),
        "in_waiting_for_host": Meaning(
            BotState.LOBBY,
            "The bot is there, but the host has not started the meeting.",
            "Ask the host to start it.",
            "the host has not started the meeting",
        ),
        "in_call_not_recording": Meaning(
            BotState.IN_CALL,
            "The bot is in the call and does not record yet.",
            "On Zoom the host may have to allow recording.",
        ),
        "in_call_recording": Meaning(BotState.IN_CALL, "The bot is in the call.", _NOTHING),
        "recording_paused": Meaning(
            BotState.IN_CALL,
            "The recording is paused, and with it the sound to this computer.",
            "Resume it when the bot shall hear again.",
            "the recording is paused, sound included",
        ),
        "recording_resumed": Meaning(BotState.IN_CALL, "The bot records again.", _NOTHING),
        "call_ended": Meaning(BotState.ENDED, "The call ended.", _NOTHING, _OVER),
        "api_request_stop": Meaning(
            BotState.LEAVING, "The bot was told to leave.", _WAIT, "it was told to leave"
        ),
        "recording_succeeded": Meaning(
            BotState.ENDED, "The call ended and was recorded.", _NOTHING, _OVER
        ),
        "recording_failed": Meaning(
            None,
            "The provider's recording failed.",
            "The lines kept on this computer are not affected.",
            "the provider's recording failed",
        ),
        "transcribing": Meaning(
            BotState.ENDED, "The call ended; the provider transcribes it.", _WAIT, _OVER
        ),
        "transcription_failed": Meaning(
            BotState.ENDED,
            "The call ended; the provider could not transcribe it.",
            "The lines kept on this computer are not affected.",
            _OVER,
        ),
        "awaiting_reconciliation": Meaning(
            None,
            "The provider is checking what became of the bot.",
            _WAIT,
            "the provider is checking what became of the bot",
        ),
        "completed": Meaning(BotState.ENDED, "The call ended and all is ready.", _NOTHING, _OVER),
        "bot_removed": Meaning(
            BotState.ENDED,
            "Somebody removed the bot from the meeting.",
            "Launch again if it is still wanted.",
            "somebody removed it from the meeting",
        ),
        "bot_rejected": _failed("The bot was not let in.", "BOT_NOT_ACCEPTED"),
        "bot_removed_too_early": _failed(
            "The bot was removed before it had begun.", "BOT_REMOVED_TOO_EARLY"
        ),
        "waiting_room_timeout": _failed(
            "Nobody let the bot in in time.", "TIMEOUT_WAITING_TO_START"
        ),
        "invalid_meeting_url": _failed("The meeting link leads nowhere.", "INVALID_MEETING_URL"),
        "meeting_error": _failed("The bot could not join.", "CANNOT_JOIN_MEETING"),
        "failed": _failed("The bot failed.", "UNKNOWN_ERROR"),
    }
)


def read_status(data: Mapping[str, Any]) -> ProviderStatus:
    """What a status, list or details object of v2 says; unknown values move nothing."""
    raw = data.get("status")
    return status_of(
        raw if isinstance(raw, str) else "" if raw is None else str(raw),
        reading.text(data.get("error_code")),
        reading.text(data.get("error_message")),
        reading.moment(data.get("updated_at")),
    )


def status_of(
    raw: str, error_code: str = "", error_message: str = "", at: datetime | None = None
) -> ProviderStatus:
    """What a status word means, with the end code and the words that came beside it."""
    meaning = STATUSES.get(raw)
    if meaning is None:
        return _status_from_code(raw, error_message, at)
    cause = meaning.cause
    problem: Problem | None = None
    if meaning.state in (BotState.ENDED, BotState.FAILED) and error_code:
        cause = normal_end(error_code) or cause
        problem = problem_of_code(error_code, error_message)
    if meaning.state is BotState.FAILED and problem is None:
        if normal_end(error_code):
            problem = cut_short(error_code, error_message)
        else:
            problem = problem_of_code(meaning.error_code, error_message)
    return ProviderStatus(
        raw=raw,
        state=meaning.state,
        at=at,
        problem=problem,
        cause=cause,
        sentence=problem.sentence if problem else meaning.sentence,
        next_step=problem.next_step if problem else meaning.next_step,
    )


def _status_from_code(raw: str, error_message: str, at: datetime | None) -> ProviderStatus:
    if raw != canonical(raw) or not is_known(raw):
        return ProviderStatus(raw=raw, at=at)
    problem = problem_of_code(raw, error_message)
    if problem is None:
        cause = normal_end(raw)
        return ProviderStatus(
            raw, BotState.ENDED, at, None, cause, f"The bot left: {cause}.", _NOTHING
        )
    return ProviderStatus(
        raw, BotState.FAILED, at, problem, "", problem.sentence, problem.next_step
    )

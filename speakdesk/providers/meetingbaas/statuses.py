"""What MeetingBaas v2 says about a bot, and what it means for us.

Words of contracts/meetingbaas.md §2.4 (status) and §4.4 (error_code). Unknown words are shown as
they came and move nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from speakdesk.domain.bot import BotState
from speakdesk.domain.clock import from_iso
from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.providers.base import ProviderStatus
from speakdesk.providers.meetingbaas.errors import clean


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a status value means: the state it proves (None for no change), the phrase for it.

    `error_code` names the entry of `ERROR_CODES` that explains the trouble where the provider
    gives no code of its own.
    """

    state: BotState | None
    cause: str = ""
    error_code: str = ""


STATUSES: Mapping[str, Meaning] = MappingProxyType(
    {
        "queued": Meaning(BotState.JOINING),
        "pickup_delayed": Meaning(BotState.JOINING, "all of the provider's machines are busy"),
        "retrying": Meaning(None, "the provider tries again"),
        "joining_call": Meaning(BotState.JOINING),
        "in_waiting_room": Meaning(BotState.LOBBY),
        "in_waiting_for_host": Meaning(BotState.LOBBY, "the host has not started the meeting"),
        "in_call_not_recording": Meaning(BotState.IN_CALL),
        "in_call_recording": Meaning(BotState.IN_CALL),
        "recording_paused": Meaning(BotState.IN_CALL, "the recording is paused, sound included"),
        "recording_resumed": Meaning(BotState.IN_CALL),
        "call_ended": Meaning(BotState.ENDED, "the call ended"),
        "api_request_stop": Meaning(BotState.LEAVING, "it was told to leave"),
        "recording_succeeded": Meaning(BotState.ENDED, "the call ended"),
        "recording_failed": Meaning(None, "the provider's recording failed"),
        "transcribing": Meaning(BotState.ENDED, "the call ended"),
        "transcription_failed": Meaning(BotState.ENDED, "the call ended"),
        "awaiting_reconciliation": Meaning(None, "the provider is checking what became of the bot"),
        "completed": Meaning(BotState.ENDED, "the call ended"),
        "bot_removed": Meaning(BotState.ENDED, "somebody removed it from the meeting"),
        "bot_rejected": Meaning(BotState.FAILED, error_code="BOT_NOT_ACCEPTED"),
        "bot_removed_too_early": Meaning(BotState.FAILED, error_code="BOT_REMOVED_TOO_EARLY"),
        "waiting_room_timeout": Meaning(BotState.FAILED, error_code="TIMEOUT_WAITING_TO_START"),
        "invalid_meeting_url": Meaning(BotState.FAILED, error_code="INVALID_MEETING_URL"),
        "meeting_error": Meaning(BotState.FAILED, error_code="CANNOT_JOIN_MEETING"),
        "failed": Meaning(BotState.FAILED, error_code="UNKNOWN_ERROR"),
    }
)

NORMAL_ENDS: Mapping[str, str] = MappingProxyType(
    {
        "BOT_REMOVED": "somebody removed it from the meeting",
        "NO_ATTENDEES": "everybody else had left",
        "NO_SPEAKER": "nobody spoke for a long time",
        "RECORDING_TIMEOUT": "the longest time for a recording was reached",
        "API_REQUEST": "it was told to leave",
    }
)


@dataclass(frozen=True, slots=True)
class _Trouble:
    stage: Stage
    reason: Reason
    sentence: str
    next_step: str
    is_permanent: bool = False


def _zoom_credentials(sentence: str) -> _Trouble:
    return _Trouble(
        Stage.PROVIDER,
        Reason.AUTHENTICATION,
        sentence,
        "Check the Zoom credentials in the provider's dashboard.",
        is_permanent=True,
    )


def _crash(sentence: str) -> _Trouble:
    return _Trouble(
        Stage.PROVIDER, Reason.CRASHED, sentence, "Launch again; the fault is the provider's."
    )


_HOST_LETS_IN = "Ask the host to let the bot in, then launch again."

ERROR_CODES: Mapping[str, _Trouble] = MappingProxyType(
    {
        "BOT_NOT_ACCEPTED": _Trouble(
            Stage.LOBBY,
            Reason.REFUSED,
            "The bot was not let in: somebody in the meeting refused it.",
            _HOST_LETS_IN,
        ),
        "TIMEOUT_WAITING_TO_START": _Trouble(
            Stage.LOBBY,
            Reason.TIMEOUT,
            "Nobody let the bot in before its time in the waiting room was up.",
            _HOST_LETS_IN,
        ),
        "CANNOT_JOIN_MEETING": _Trouble(
            Stage.LOBBY,
            Reason.REFUSED,
            "The bot could not join: the meeting may be over, locked, or closed to guests.",
            "Open the link yourself, see whether guests may join, then launch again.",
        ),
        "BOT_REMOVED_TOO_EARLY": _Trouble(
            Stage.CALL,
            Reason.REMOVED,
            "The bot was removed from the meeting before it had really begun.",
            "Ask the host to keep it, then launch again.",
        ),
        "INVALID_MEETING_URL": _Trouble(
            Stage.LINK,
            Reason.BAD_INPUT,
            "The meeting link leads nowhere.",
            "Copy the link again from the invitation.",
            is_permanent=True,
        ),
        "STREAMING_SETUP_FAILED": _Trouble(
            Stage.TUNNEL,
            Reason.CONNECTIVITY,
            "The bot could not open its sound connection to this computer.",
            "Check the tunnel or the public address, then launch again.",
        ),
        "LOGIN_REQUIRED": _Trouble(
            Stage.LOBBY,
            Reason.AUTHENTICATION,
            "The meeting admits only people who are signed in.",
            "Let the host admit guests, or give the bot an account in the provider's dashboard.",
            is_permanent=True,
        ),
        "INTERNAL_ERROR": _crash("The provider's bot broke down."),
        "OOM_KILLED": _crash("The provider's bot ran out of memory."),
        "SIGTERM": _crash("The provider shut the bot down."),
        "FORCE_KILLED": _crash("The provider had to stop the bot by force."),
        "GENERAL_ERROR": _crash("The provider's bot failed without saying why."),
        "UNKNOWN_ERROR": _crash("The provider's bot failed without saying why."),
        "EXITING_MEETING_BEFORE_RECORD": _Trouble(
            Stage.CALL,
            Reason.REMOVED,
            "The bot left before the meeting began.",
            "Launch again when somebody is in the meeting.",
        ),
        "TRANSCRIPTION_FAILED": _Trouble(
            Stage.PROVIDER,
            Reason.UNAVAILABLE,
            "The provider could not transcribe its recording.",
            "The lines kept on this computer are not affected.",
        ),
        "WAITING_FOR_HOST_TIMEOUT": _Trouble(
            Stage.LOBBY,
            Reason.TIMEOUT,
            "The host did not start the meeting in time.",
            "Launch again when the meeting runs.",
        ),
        "WAITING_FOR_AUTHORIZED_USER_TIMEOUT": _Trouble(
            Stage.LOBBY,
            Reason.TIMEOUT,
            "The Zoom user who vouches for the bot did not come in time.",
            "Launch again when that user is in the meeting.",
        ),
        "UNABLE_JOIN_EXTERNAL_MEETING": _Trouble(
            Stage.LOBBY,
            Reason.AUTHENTICATION,
            "Zoom does not let this bot into another account's meeting without authorisation.",
            "Connect a Zoom user (OBF token) in the provider's dashboard.",
            is_permanent=True,
        ),
        "RECORDING_RIGHTS_NOT_GRANTED": _Trouble(
            Stage.CALL,
            Reason.REFUSED,
            "The host did not give the bot the right to record, which it needs to hear.",
            "Ask the host to allow recording, then launch again.",
        ),
        "CANNOT_REQUEST_RECORDING_RIGHT": _Trouble(
            Stage.CALL,
            Reason.REFUSED,
            "The bot could not ask the host for the right to record.",
            "Ask the host to allow recording requests, then launch again.",
        ),
        "HOST_CLIENT_CANNOT_GRANT_PERMISSION": _Trouble(
            Stage.CALL,
            Reason.UNSUPPORTED,
            "The host's Zoom application cannot grant the bot the right to record.",
            "Ask the host to join from Zoom on a computer, then launch again.",
        ),
        "RECORDING_START_TIMEOUT": _Trouble(
            Stage.CALL,
            Reason.TIMEOUT,
            "The provider's recording did not start in time.",
            "Launch again; check that the host allows recording.",
        ),
        "MEETING_ENDED_PREMATURELY": _Trouble(
            Stage.CALL,
            Reason.REMOVED,
            "The meeting ended before the bot was ready.",
            "Launch again when the meeting runs.",
        ),
        "SET_ZOOM_ID_AND_PWD_TOGETHER": _zoom_credentials(
            "The Zoom application's id and secret must be given together."
        ),
        "CANNOT_GET_JWT_TOKEN": _zoom_credentials("The provider got no Zoom token for the bot."),
        "SDK_AUTH_FAILED": _zoom_credentials("Zoom refused the provider's application."),
        "ZOOM_ACCESS_TOKEN_ERROR": _zoom_credentials("Zoom refused the access token."),
        "ZOOM_OBF_TOKEN_ERROR": _zoom_credentials("Zoom refused the token that vouches for it."),
        "INSUFFICIENT_TOKENS": _Trouble(
            Stage.PROVIDER,
            Reason.QUOTA,
            "The provider's account has no tokens left.",
            "Buy tokens in the provider's dashboard, then launch again.",
            is_permanent=True,
        ),
        "DAILY_BOT_CAP_REACHED": _Trouble(
            Stage.PROVIDER,
            Reason.QUOTA,
            "The plan's number of bots for 24 hours is used up.",
            "Wait until older bots are a day old, or choose a larger plan.",
            is_permanent=True,
        ),
        "BOT_ALREADY_EXISTS": _Trouble(
            Stage.PROVIDER,
            Reason.CONFLICT,
            "Another bot of this account is in the meeting already.",
            "Wait five minutes, or allow several bots in one meeting.",
        ),
    }
)

_SIGN_IN = _Trouble(
    Stage.LOBBY,
    Reason.AUTHENTICATION,
    "The account the bot signs in with could not be used.",
    "Check the bot's account in the provider's dashboard.",
    is_permanent=True,
)


def problem_of_code(error_code: str, error_message: str = "") -> Problem | None:
    """The trouble behind an `error_code`; None where it is a normal end."""
    if error_code in NORMAL_ENDS:
        return None
    trouble = ERROR_CODES.get(error_code)
    if trouble is None and error_code.startswith(("MEET_LOGIN_", "TEAMS_LOGIN_")):
        trouble = _SIGN_IN
    if trouble is None:
        trouble = _crash("The provider's bot failed for a reason we do not know yet.")
    words = ": ".join(part for part in (error_code, clean(error_message)) if part)
    return Problem(
        trouble.stage,
        trouble.reason,
        trouble.sentence,
        trouble.next_step,
        words,
        is_permanent=trouble.is_permanent,
    )


def read_status(data: Mapping[str, Any]) -> ProviderStatus:
    """What a status, list or details object of v2 says; unknown values move nothing."""
    raw = data.get("status")
    raw = raw if isinstance(raw, str) else "" if raw is None else str(raw)
    error_code = _text(data.get("error_code"))
    error_message = _text(data.get("error_message"))
    at = read_moment(data.get("updated_at"))
    meaning = STATUSES.get(raw)
    if meaning is None:
        return ProviderStatus(raw=raw, at=at)
    cause = meaning.cause
    problem: Problem | None = None
    if meaning.state in (BotState.ENDED, BotState.FAILED) and error_code:
        cause = NORMAL_ENDS.get(error_code, cause)
        problem = problem_of_code(error_code, error_message)
    if meaning.state is BotState.FAILED and problem is None:
        if error_code in NORMAL_ENDS:
            problem = Problem(
                Stage.CALL,
                Reason.REMOVED,
                f"The bot did not stay in the meeting: {NORMAL_ENDS[error_code]}.",
                "Launch again if it is still wanted.",
                ": ".join(part for part in (error_code, clean(error_message)) if part),
                is_permanent=False,
            )
        else:
            explained = problem_of_code(meaning.error_code, error_message)
            problem = explained
    return ProviderStatus(raw=raw, state=meaning.state, at=at, problem=problem, cause=cause)


def read_moment(value: Any) -> datetime | None:
    """A moment as v2 writes it; None where it is absent or unreadable."""
    if not isinstance(value, str):
        return None
    try:
        return from_iso(value)
    except ValueError:
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

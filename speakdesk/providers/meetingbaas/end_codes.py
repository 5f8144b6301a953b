"""Why a bot ended or failed, in the codes of MeetingBaas v1 and v2.

Published in contracts/meetingbaas.md §4.1 and §4.4; the Zoom and sign-in codes beyond that list are
those of the vendor's own dashboard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.providers.meetingbaas.errors import clean

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
class Trouble:
    """What a code means for a person, before the vendor's words are added."""

    stage: Stage
    reason: Reason
    sentence: str
    next_step: str
    is_permanent: bool = False


def _zoom_credentials(sentence: str) -> Trouble:
    return Trouble(
        Stage.PROVIDER,
        Reason.AUTHENTICATION,
        sentence,
        "Check the Zoom credentials in the provider's dashboard.",
        is_permanent=True,
    )


def _crash(sentence: str) -> Trouble:
    return Trouble(
        Stage.PROVIDER, Reason.CRASHED, sentence, "Launch again; the fault is the provider's."
    )


def _sign_in(sentence: str) -> Trouble:
    return Trouble(
        Stage.LOBBY,
        Reason.AUTHENTICATION,
        sentence,
        "Check the bot's account in the provider's dashboard, or let the host admit guests.",
        is_permanent=True,
    )


def _no_account(vendor: str) -> Trouble:
    return Trouble(
        Stage.LOBBY,
        Reason.CONFLICT,
        f"All {vendor} accounts that bots sign in with are in use or out of order.",
        "Wait until another bot has left, or let the bot join without signing in.",
    )


def _slow_sign_in(vendor: str) -> Trouble:
    return Trouble(
        Stage.LOBBY,
        Reason.TIMEOUT,
        f"Signing the bot in with {vendor} took too long.",
        "Launch again; if it stays so, check the bot's account in the provider's dashboard.",
    )


_HOST_LETS_IN = "Ask the host to let the bot in, then launch again."

ERROR_CODES: Mapping[str, Trouble] = MappingProxyType(
    {
        "BOT_NOT_ACCEPTED": Trouble(
            Stage.LOBBY,
            Reason.REFUSED,
            "The bot was not let in: somebody in the meeting refused it.",
            _HOST_LETS_IN,
        ),
        "TIMEOUT_WAITING_TO_START": Trouble(
            Stage.LOBBY,
            Reason.TIMEOUT,
            "Nobody let the bot in before its time in the waiting room was up.",
            _HOST_LETS_IN,
        ),
        "CANNOT_JOIN_MEETING": Trouble(
            Stage.LOBBY,
            Reason.REFUSED,
            "The bot could not join: the meeting may be over, locked, or closed to guests.",
            "Open the link yourself, see whether guests may join, then launch again.",
        ),
        "BOT_REMOVED_TOO_EARLY": Trouble(
            Stage.CALL,
            Reason.REMOVED,
            "The bot was removed from the meeting before it had really begun.",
            "Ask the host to keep it, then launch again.",
        ),
        "INVALID_MEETING_URL": Trouble(
            Stage.LINK,
            Reason.BAD_INPUT,
            "The meeting link leads nowhere.",
            "Copy the link again from the invitation.",
            is_permanent=True,
        ),
        "STREAMING_SETUP_FAILED": Trouble(
            Stage.TUNNEL,
            Reason.CONNECTIVITY,
            "The bot could not open its sound connection to this computer.",
            "Check the tunnel or the public address, then launch again.",
        ),
        "LOGIN_REQUIRED": Trouble(
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
        "EXITING_MEETING_BEFORE_RECORD": Trouble(
            Stage.CALL,
            Reason.REMOVED,
            "The bot left before the meeting began.",
            "Launch again when somebody is in the meeting.",
        ),
        "TRANSCRIPTION_FAILED": Trouble(
            Stage.PROVIDER,
            Reason.UNAVAILABLE,
            "The provider could not transcribe its recording.",
            "The lines kept on this computer are not affected.",
        ),
        "WAITING_FOR_HOST_TIMEOUT": Trouble(
            Stage.LOBBY,
            Reason.TIMEOUT,
            "The host did not start the meeting in time.",
            "Launch again when the meeting runs.",
        ),
        "WAITING_FOR_AUTHORIZED_USER_TIMEOUT": Trouble(
            Stage.LOBBY,
            Reason.TIMEOUT,
            "The Zoom user who vouches for the bot did not come in time.",
            "Launch again when that user is in the meeting.",
        ),
        "UNABLE_JOIN_EXTERNAL_MEETING": Trouble(
            Stage.LOBBY,
            Reason.AUTHENTICATION,
            "Zoom does not let this bot into another account's meeting without authorisation.",
            "Connect a Zoom user (OBF token) in the provider's dashboard.",
            is_permanent=True,
        ),
        "RECORDING_RIGHTS_NOT_GRANTED": Trouble(
            Stage.CALL,
            Reason.REFUSED,
            "The host did not give the bot the right to record, which it needs to hear.",
            "Ask the host to allow recording, then launch again.",
        ),
        "CANNOT_REQUEST_RECORDING_RIGHT": Trouble(
            Stage.CALL,
            Reason.REFUSED,
            "The bot could not ask the host for the right to record.",
            "Ask the host to allow recording requests, then launch again.",
        ),
        "HOST_CLIENT_CANNOT_GRANT_PERMISSION": Trouble(
            Stage.CALL,
            Reason.UNSUPPORTED,
            "The host's Zoom application cannot grant the bot the right to record.",
            "Ask the host to join from Zoom on a computer, then launch again.",
        ),
        "RECORDING_START_TIMEOUT": Trouble(
            Stage.CALL,
            Reason.TIMEOUT,
            "The provider's recording did not start in time.",
            "Launch again; check that the host allows recording.",
        ),
        "MEETING_ENDED_PREMATURELY": Trouble(
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
        "INSUFFICIENT_TOKENS": Trouble(
            Stage.PROVIDER,
            Reason.QUOTA,
            "The provider's account has no tokens left.",
            "Buy tokens in the provider's dashboard, then launch again.",
            is_permanent=True,
        ),
        "DAILY_BOT_CAP_REACHED": Trouble(
            Stage.PROVIDER,
            Reason.QUOTA,
            "The plan's number of bots for 24 hours is used up.",
            "Wait until older bots are a day old, or choose a larger plan.",
            is_permanent=True,
        ),
        "BOT_ALREADY_EXISTS": Trouble(
            Stage.PROVIDER,
            Reason.CONFLICT,
            "Another bot of this account is in the meeting already.",
            "Wait five minutes, or allow several bots in one meeting.",
        ),
        "ZOOM_ANONYMOUS_JOIN_NOT_ALLOWED": Trouble(
            Stage.LOBBY,
            Reason.AUTHENTICATION,
            "This Zoom meeting admits only people who are signed in.",
            "Let the host admit guests, or connect a Zoom user in the provider's dashboard.",
            is_permanent=True,
        ),
        "MEETING_NOT_FOUND": Trouble(
            Stage.LINK,
            Reason.NOT_FOUND,
            "The meeting was not found: its link is wrong or has expired.",
            "Copy the link again from the invitation.",
            is_permanent=True,
        ),
        "ACCESS_DENIED": Trouble(
            Stage.LOBBY,
            Reason.REFUSED,
            "The meeting did not let the bot in.",
            _HOST_LETS_IN,
        ),
        "AUTHENTICATION_ERROR": Trouble(
            Stage.LOBBY,
            Reason.AUTHENTICATION,
            "The bot could not sign in to the meeting's platform.",
            "Let the host admit guests, or check the bot's account in the provider's dashboard.",
            is_permanent=True,
        ),
        "NETWORK_ERROR": Trouble(
            Stage.PROVIDER,
            Reason.CONNECTIVITY,
            "The provider's bot lost its connection to the meeting.",
            "Launch again; the fault is not on this computer.",
        ),
        "MEET_LOGIN_UNAVAILABLE": _no_account("Google"),
        "MEET_LOGIN_REQUIRED": _sign_in("The Google Meet meeting admits only signed-in people."),
        "MEET_LOGIN_FAILED_SAML_REJECTED": _sign_in(
            "Google refused the single sign-on of the bot's account."
        ),
        "MEET_LOGIN_FAILED_TIMEOUT": _slow_sign_in("Google"),
        "TEAMS_LOGIN_UNAVAILABLE": _no_account("Microsoft"),
        "TEAMS_LOGIN_REQUIRED": _sign_in("The Teams meeting admits only signed-in people."),
        "TEAMS_LOGIN_FAILED_INVALID_CREDENTIALS": _sign_in(
            "Microsoft refused the name or the password of the bot's account."
        ),
        "TEAMS_LOGIN_FAILED_CAPTCHA": _sign_in(
            "Microsoft wanted a human to prove themselves at the sign-in of the bot's account."
        ),
        "TEAMS_LOGIN_FAILED_MFA_REQUIRED": _sign_in(
            "The bot's Microsoft account asks for a second factor, which a bot does not have."
        ),
        "TEAMS_LOGIN_FAILED_TIMEOUT": _slow_sign_in("Microsoft"),
    }
)

_SIGN_IN = _sign_in("The account the bot signs in with could not be used.")

# v1 writes some of the same things in its own way (§4.1).
_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "INTERNAL_ERROR_CLASSIC": "INTERNAL_ERROR",
        "MEETING_ERROR": "CANNOT_JOIN_MEETING",
        "BOT_REJECTED": "BOT_NOT_ACCEPTED",
        "WAITING_ROOM_TIMEOUT": "TIMEOUT_WAITING_TO_START",
        "API_REQUEST_STOP": "API_REQUEST",
    }
)
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONGEST_CODE = 60


def canonical(code: str) -> str:
    """An end code of any dialect as the tables have it: `BotNotAccepted` is `BOT_NOT_ACCEPTED`."""
    if code in ERROR_CODES or code in NORMAL_ENDS:
        return code
    upper = _WORD_START.sub("_", code[:_LONGEST_CODE]).replace(" ", "_").replace("-", "_").upper()
    upper = re.sub("_+", "_", upper).strip("_")
    return _ALIASES.get(upper, upper)


def normal_end(code: str) -> str:
    """The phrase for a code that is a normal end ("everybody else had left"); else empty."""
    return NORMAL_ENDS.get(canonical(code), "")


def is_known(code: str) -> bool:
    """True for a code of the tables, and for every sign-in code by its beginning."""
    known = canonical(code)
    return (
        known in NORMAL_ENDS
        or known in ERROR_CODES
        or known.startswith(("MEET_LOGIN_", "TEAMS_LOGIN_"))
    )


def problem_of_code(error_code: str, error_message: str = "") -> Problem | None:
    """The trouble behind an end code; None where it is a normal end."""
    known = canonical(error_code)
    if known in NORMAL_ENDS:
        return None
    trouble = ERROR_CODES.get(known)
    if trouble is None and known.startswith(("MEET_LOGIN_", "TEAMS_LOGIN_")):
        trouble = _SIGN_IN
    if trouble is None:
        trouble = _crash("The provider's bot failed for a reason we do not know yet.")
    return Problem(
        trouble.stage,
        trouble.reason,
        trouble.sentence,
        trouble.next_step,
        vendor_words(error_code, error_message),
        is_permanent=trouble.is_permanent,
    )


def cut_short(error_code: str, error_message: str = "") -> Problem:
    """The trouble where the bot failed although its code is one of a normal end."""
    return Problem(
        Stage.CALL,
        Reason.REMOVED,
        f"The bot did not stay in the meeting: {normal_end(error_code)}.",
        "Launch again if it is still wanted.",
        vendor_words(error_code, error_message),
        is_permanent=False,
    )


def vendor_words(error_code: str, error_message: str) -> str:
    """Code and message as the vendor wrote them, without secrets."""
    return ": ".join(part for part in (clean(error_code), clean(error_message)) if part)

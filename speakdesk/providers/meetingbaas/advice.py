"""What each of MeetingBaas's refusals means for a person (contracts/meetingbaas.md §1.3, §2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from speakdesk.domain.errors import Reason


@dataclass(frozen=True, slots=True)
class Advice:
    """What a refusal means. `{who}` stands for the service's name."""

    reason: Reason
    sentence: str
    next_step: str
    is_permanent: bool = True


BY_CODE: Mapping[str, Advice] = {
    "FST_ERR_FORBIDDEN": Advice(
        Reason.AUTHENTICATION,
        "{who} refuses the API key for this: it is wrong, or it is a Sending key, which can only "
        "create bots.",
        "Use a Full Access key from the {who} dashboard.",
    ),
    "FST_ERR_INSUFFICIENT_TOKENS": Advice(
        Reason.QUOTA,
        "The {who} account has no tokens left; each bot needs half a token to start.",
        "Buy tokens in the {who} dashboard, then launch again.",
    ),
    "FST_ERR_DAILY_BOT_CAP_REACHED": Advice(
        Reason.QUOTA,
        "The {who} plan's number of bots for 24 hours is used up.",
        "Wait until older bots are a day old, or choose a larger plan.",
    ),
    "FST_ERR_TOO_MANY_REQUESTS": Advice(
        Reason.RATE_LIMIT,
        "{who} got more requests in a second than the plan allows.",
        "Wait a moment and try again.",
        is_permanent=False,
    ),
    "FST_ERR_BOT_NOT_FOUND_BY_ID": Advice(
        Reason.NOT_FOUND,
        "{who} does not know this bot; it may belong to another account.",
        "Check that the API key is of the account that sent the bot.",
    ),
    "FST_ERR_BOT_ALREADY_EXISTS": Advice(
        Reason.CONFLICT,
        "A bot was sent to this meeting less than five minutes ago, and a second was not allowed.",
        "Wait five minutes, or allow several bots in one meeting.",
    ),
    "FST_ERR_BOT_STATUS": Advice(
        Reason.CONFLICT,
        "The bot cannot do this now: it has not joined yet, or it has left already.",
        "Look at the bot's state and try again when it is in the call.",
    ),
    "FST_ERR_CHAT_DISABLED": Advice(
        Reason.REFUSED,
        "The meeting's chat is switched off.",
        "Ask the host to allow chat messages.",
    ),
    "FST_ERR_SEND_CHAT_MESSAGE_FAILED": Advice(
        Reason.UNAVAILABLE,
        "{who} could not write into the meeting's chat.",
        "Try again; some meetings do not let guests write.",
        is_permanent=False,
    ),
    "FST_ERR_CTP_INVALID_MEDIA_TYPE": Advice(
        Reason.PROTOCOL,
        "{who} did not take the form of the request.",
        "This is a mistake in SpeakDesk; please report it with the log.",
    ),
    "FST_ERR_VALIDATION": Advice(
        Reason.BAD_INPUT,
        "{who} did not accept the request: something in it is not valid.",
        "Check the meeting link, the bot's name and the options; the words below say which field.",
    ),
    "FST_ERR_CALLBACK_NOT_CONFIGURED": Advice(
        Reason.CONFLICT,
        "The bot was sent without an address to report to, so there is nothing to send again.",
        "Give an address to report to with the next launch.",
    ),
    "INVALID_MEETING_PLATFORM": Advice(
        Reason.BAD_INPUT,
        "{who} does not join meetings of this kind.",
        "Use a Google Meet, Zoom or Microsoft Teams link.",
    ),
    "BYOK_TRANSCRIPTION_NOT_ENABLED_ON_PLAN": Advice(
        Reason.QUOTA,
        "The {who} plan does not allow a transcription key of your own.",
        "Leave the transcription key empty, or choose a larger plan.",
    ),
    "BOT_CREATE_FAILED": Advice(
        Reason.UNAVAILABLE,
        "{who} could not make the bot.",
        "Launch again in a minute.",
        is_permanent=False,
    ),
    "MEET_LOGIN_UNAVAILABLE": Advice(
        Reason.CONFLICT,
        "All Google accounts that bots sign in with are in use or out of order.",
        "Wait until another bot has left, or let the bot join without signing in.",
        is_permanent=False,
    ),
    "TEAMS_LOGIN_UNAVAILABLE": Advice(
        Reason.CONFLICT,
        "All Microsoft accounts that bots sign in with are in use or out of order.",
        "Wait until another bot has left, or let the bot join without signing in.",
        is_permanent=False,
    ),
}

# What v1 and single items of a v2 batch call the same things (§1.3, §2.1).
ALIASES: Mapping[str, str] = {
    "InvalidApiKey": "FST_ERR_FORBIDDEN",
    "BotNotFound": "FST_ERR_BOT_NOT_FOUND_BY_ID",
    "Bot not found": "FST_ERR_BOT_NOT_FOUND_BY_ID",
    "InsufficientTokens": "FST_ERR_INSUFFICIENT_TOKENS",
    "INSUFFICIENT_TOKENS": "FST_ERR_INSUFFICIENT_TOKENS",
    "TooManyRequests": "FST_ERR_TOO_MANY_REQUESTS",
    "DAILY_BOT_CAP_REACHED": "FST_ERR_DAILY_BOT_CAP_REACHED",
    "BOT_ALREADY_EXISTS": "FST_ERR_BOT_ALREADY_EXISTS",
    "meet_login_unavailable": "MEET_LOGIN_UNAVAILABLE",
    "teams_login_unavailable": "TEAMS_LOGIN_UNAVAILABLE",
}

BY_HTTP: Mapping[int, Advice] = {
    400: Advice(
        Reason.BAD_INPUT,
        "{who} did not accept the request: something in it is not valid.",
        "Check the meeting link and the bot's name; the words below say which field.",
    ),
    401: Advice(
        Reason.AUTHENTICATION,
        "{who} does not accept the API key.",
        "Copy the key again from the {who} dashboard into the settings.",
    ),
    402: BY_CODE["FST_ERR_INSUFFICIENT_TOKENS"],
    403: BY_CODE["FST_ERR_FORBIDDEN"],
    404: Advice(
        Reason.NOT_FOUND,
        "{who} does not know what was asked for; the address of the service may be wrong.",
        "Check the base URL in the settings.",
    ),
    409: Advice(
        Reason.CONFLICT,
        "{who} cannot do this in the bot's present state.",
        "Look at the bot's state and try again.",
    ),
    415: BY_CODE["FST_ERR_CTP_INVALID_MEDIA_TYPE"],
    422: Advice(
        Reason.REFUSED,
        "{who} understood the request and refused it.",
        "The words below say why.",
    ),
    429: BY_CODE["FST_ERR_TOO_MANY_REQUESTS"],
}

SERVER_TROUBLE = Advice(
    Reason.UNAVAILABLE,
    "{who} has trouble of its own at the moment.",
    "Try again in a minute.",
    is_permanent=False,
)
ODD_ANSWER = Advice(
    Reason.PROTOCOL,
    "Something answered in {who}'s place: the reply is not what that service sends.",
    "Check the base URL, and whether a proxy or a sign-in page stands in between.",
)
REFUSED = Advice(Reason.REFUSED, "{who} refused the request.", "The words below say why.")


def advice_for(code: str) -> Advice | None:
    """What a code of any dialect means; None where it is unknown."""
    return BY_CODE.get(ALIASES.get(code, code))

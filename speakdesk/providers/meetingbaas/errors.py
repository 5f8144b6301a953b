"""MeetingBaas's refusals and every way a call to it can fail, as Problems for a person.

The v2 envelope is `{"success": false, "error", "message", "code", "statusCode", "details"}`
(contracts/meetingbaas.md §2.1); anything else that comes back is told as what it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage

_LONGEST_VENDOR_WORDS = 400


@dataclass(frozen=True, slots=True)
class _Advice:
    reason: Reason
    sentence: str
    next_step: str
    is_permanent: bool = True


_BY_CODE: Mapping[str, _Advice] = {
    "FST_ERR_FORBIDDEN": _Advice(
        Reason.AUTHENTICATION,
        "{who} refuses the API key for this: it is wrong, or it is a Sending key, which can only "
        "create bots.",
        "Use a Full Access key from the {who} dashboard.",
    ),
    "FST_ERR_INSUFFICIENT_TOKENS": _Advice(
        Reason.QUOTA,
        "The {who} account has no tokens left; each bot needs half a token to start.",
        "Buy tokens in the {who} dashboard, then launch again.",
    ),
    "FST_ERR_DAILY_BOT_CAP_REACHED": _Advice(
        Reason.QUOTA,
        "The {who} plan's number of bots for 24 hours is used up.",
        "Wait until older bots are a day old, or choose a larger plan.",
    ),
    "FST_ERR_TOO_MANY_REQUESTS": _Advice(
        Reason.RATE_LIMIT,
        "{who} got more requests in a second than the plan allows.",
        "Wait a moment and try again.",
        is_permanent=False,
    ),
    "FST_ERR_BOT_NOT_FOUND_BY_ID": _Advice(
        Reason.NOT_FOUND,
        "{who} does not know this bot; it may belong to another account.",
        "Check that the API key is of the account that sent the bot.",
    ),
    "FST_ERR_BOT_ALREADY_EXISTS": _Advice(
        Reason.CONFLICT,
        "A bot was sent to this meeting less than five minutes ago, and a second was not allowed.",
        "Wait five minutes, or allow several bots in one meeting.",
    ),
    "FST_ERR_BOT_STATUS": _Advice(
        Reason.CONFLICT,
        "The bot cannot do this now: it has not joined yet, or it has left already.",
        "Look at the bot's state and try again when it is in the call.",
    ),
    "FST_ERR_CHAT_DISABLED": _Advice(
        Reason.REFUSED,
        "The meeting's chat is switched off.",
        "Ask the host to allow chat messages.",
    ),
    "FST_ERR_SEND_CHAT_MESSAGE_FAILED": _Advice(
        Reason.UNAVAILABLE,
        "{who} could not write into the meeting's chat.",
        "Try again; some meetings do not let guests write.",
        is_permanent=False,
    ),
    "FST_ERR_CTP_INVALID_MEDIA_TYPE": _Advice(
        Reason.PROTOCOL,
        "{who} did not take the form of the request.",
        "This is a mistake in SpeakDesk; please report it with the log.",
    ),
}

_BY_HTTP: Mapping[int, _Advice] = {
    400: _Advice(
        Reason.BAD_INPUT,
        "{who} did not accept the request: something in it is not valid.",
        "Check the meeting link and the bot's name; the words below say which field.",
    ),
    401: _Advice(
        Reason.AUTHENTICATION,
        "{who} does not accept the API key.",
        "Copy the key again from the {who} dashboard into the settings.",
    ),
    402: _BY_CODE["FST_ERR_INSUFFICIENT_TOKENS"],
    403: _BY_CODE["FST_ERR_FORBIDDEN"],
    404: _Advice(
        Reason.NOT_FOUND,
        "{who} does not know what was asked for; the address of the service may be wrong.",
        "Check the base URL in the settings.",
    ),
    409: _Advice(
        Reason.CONFLICT,
        "{who} cannot do this in the bot's present state.",
        "Look at the bot's state and try again.",
    ),
    415: _BY_CODE["FST_ERR_CTP_INVALID_MEDIA_TYPE"],
    422: _Advice(
        Reason.REFUSED,
        "{who} understood the request and refused it.",
        "The words below say why.",
    ),
    429: _BY_CODE["FST_ERR_TOO_MANY_REQUESTS"],
}

_SERVER_TROUBLE = _Advice(
    Reason.UNAVAILABLE,
    "{who} has trouble of its own at the moment.",
    "Try again in a minute.",
    is_permanent=False,
)
_ODD_ANSWER = _Advice(
    Reason.PROTOCOL,
    "Something answered in {who}'s place: the reply is not what that service sends.",
    "Check the base URL, and whether a proxy or a sign-in page stands in between.",
)


class Refusal(ProviderError):
    """An answer other than success: its HTTP status and the envelope's code, empty where unsaid."""

    def __init__(self, problem: Problem, http_status: int, code: str) -> None:
        super().__init__(problem)
        self.http_status = http_status
        self.code = code


def refusal_from_response(
    response: httpx.Response, who: str, secrets: Collection[str] = ()
) -> Refusal:
    """What an answer other than success means. `secrets` never appear in the vendor's words."""
    body = _json_object(response)
    code = _text(body.get("code"))
    known = _BY_CODE.get(code) or _BY_HTTP.get(response.status_code)
    if response.status_code == 401:
        known = _BY_HTTP[401]
    if known is None:
        if response.status_code >= 500:
            known = _SERVER_TROUBLE
        elif 300 <= response.status_code < 400 or not body:
            known = _ODD_ANSWER
        else:
            known = _Advice(
                Reason.REFUSED, "{who} refused the request.", "The words below say why."
            )
    words = _vendor_words(response, body, code)
    problem = _problem(known, who, clean(words, secrets), _retry_after_s(response, body))
    return Refusal(problem, response.status_code, code)


def problem_with_reply(who: str, what: str, words: str = "") -> ProviderError:
    """A success that cannot be used: `what` completes the sentence "<who> answered …"."""
    return ProviderError(
        Problem(
            Stage.PROVIDER,
            Reason.PROTOCOL,
            f"{who} answered {what}.",
            "Try again; if it stays so, check the base URL and report it with the log.",
            clean(words),
        )
    )


def failure_from_exception(error: httpx.HTTPError | httpx.InvalidURL, who: str) -> ProviderError:
    """What a call that got no answer at all means."""
    words = clean(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
    permanent = False
    reason = Reason.CONNECTIVITY
    lowered = str(error).lower()
    if isinstance(error, httpx.TimeoutException):
        reason = Reason.TIMEOUT
        sentence = f"{who} did not answer in time."
        next_step = "Check the internet connection, then try again."
        if isinstance(error, httpx.PoolTimeout):
            sentence = f"Too many calls to {who} are under way at once."
            next_step = "Wait a moment and try again."
    elif isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        reason, permanent = Reason.BAD_INPUT, True
        sentence = f"The address of {who} is not a web address."
        next_step = "Correct the base URL in the settings; it starts with https://."
    elif "certificate" in lowered or "ssl" in lowered or "tls" in lowered:
        permanent = "certificate" in lowered
        sentence = f"No secure connection to {who}: the certificate or the encryption failed."
        next_step = "Check the computer's clock, and whether a proxy opens secure connections."
    elif any(sign in lowered for sign in ("name or service", "getaddrinfo", "name resolution")) or (
        "nodename nor servname" in lowered or "no address associated" in lowered
    ):
        sentence = f"The name of {who}'s server cannot be found; the network may be down."
        next_step = "Check the internet connection and the base URL in the settings."
    elif isinstance(error, httpx.ConnectError):
        sentence = f"{who} cannot be reached: nothing answers at its address."
        next_step = "Check the internet connection, firewall and base URL."
    elif isinstance(error, httpx.ProxyError):
        sentence = f"The proxy on the way to {who} refused the connection."
        next_step = "Check the proxy settings of this computer."
    elif isinstance(error, httpx.DecodingError):
        reason = Reason.PROTOCOL
        sentence = f"{who}'s answer arrived damaged and could not be unpacked."
        next_step = "Try again; a proxy in between may be the cause."
    elif isinstance(error, httpx.TooManyRedirects):
        reason, permanent = Reason.PROTOCOL, True
        sentence = f"{who}'s address leads in a circle."
        next_step = "Check the base URL in the settings."
    else:
        sentence = f"The connection to {who} broke off before the answer was complete."
        next_step = "Try again."
    return ProviderError(
        Problem(Stage.PROVIDER, reason, sentence, next_step, words, is_permanent=permanent)
    )


def missing_key(who: str) -> ProviderError:
    """There is no key to ask with."""
    return ProviderError(
        Problem(
            Stage.PROVIDER,
            Reason.MISSING,
            f"There is no API key for {who} yet.",
            f"Paste the key from the {who} dashboard into the settings.",
        )
    )


def unusable_key(who: str) -> ProviderError:
    """The key cannot even be sent."""
    return ProviderError(
        Problem(
            Stage.PROVIDER,
            Reason.AUTHENTICATION,
            f"The API key for {who} holds characters that no key has.",
            f"Copy the key again from the {who} dashboard into the settings.",
        )
    )


_SECRET_PARAMETER = re.compile(
    r"([?&](?:pwd|p|passcode|password|tk|zak|token|key)=)[^&\s\"']+", re.IGNORECASE
)
_SOCKET_URL = re.compile(r"(wss?://[^/\s\"']+)/[^\s\"']*", re.IGNORECASE)


def clean(text: str, secrets: Collection[str] = ()) -> str:
    """The vendor's words on one line, without markup, keys, passcodes and socket secrets."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    if re.match(r"\s*<(!doctype|html)", text, re.IGNORECASE):
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        text = title.group(1) if title else "a web page"
    text = _SOCKET_URL.sub(r"\1/…", text)
    text = _SECRET_PARAMETER.sub(r"\1…", text)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_VENDOR_WORDS else f"{text[:_LONGEST_VENDOR_WORDS]}…"


def _problem(advice: _Advice, who: str, words: str, retry_after_s: float | None) -> Problem:
    return Problem(
        Stage.PROVIDER,
        advice.reason,
        advice.sentence.format(who=who),
        advice.next_step.format(who=who),
        words,
        is_permanent=advice.is_permanent,
        retry_after_s=retry_after_s,
    )


def _json_object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _vendor_words(response: httpx.Response, body: Mapping[str, Any], code: str) -> str:
    message = _text(body.get("message")) or _text(body.get("error"))
    words = ": ".join(part for part in (code, message) if part)
    details = body.get("details")
    if isinstance(details, str) and details.strip():
        words = f"{words} ({details.strip()})"
    elif isinstance(details, list) and details:
        told = "; ".join(_detail(item) for item in details)
        words = f"{words} ({told})"
    return words or f"HTTP {response.status_code} {response.text[:2000]}".strip()


def _detail(item: Any) -> str:
    if isinstance(item, dict):
        told = (_text(item.get("field")), _text(item.get("message")) or _text(item.get("code")))
        return " ".join(part for part in told if part)
    return item if isinstance(item, str) else json.dumps(item)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _retry_after_s(response: httpx.Response, body: Mapping[str, Any]) -> float | None:
    for value in (body.get("retryAfter"), response.headers.get("retry-after")):
        if isinstance(value, bool) or value is None:
            continue
        try:
            seconds = float(value)
        except (TypeError, ValueError):
            continue
        if 0 <= seconds < 1e6:
            return seconds
    return None

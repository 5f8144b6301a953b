"""MeetingBaas's refusals and every way a call to it can fail, as Problems for a person.

The v2 envelope is `{"success": false, "error", "message", "code", "statusCode", "details"}`
(contracts/meetingbaas.md §2.1); anything else that comes back is told as what it is.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping
from typing import Any

import httpx

from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.providers.meetingbaas.advice import (
    ALIASES,
    BY_HTTP,
    ODD_ANSWER,
    REFUSED,
    SERVER_TROUBLE,
    Advice,
    advice_for,
)

_LONGEST_VENDOR_WORDS = 400
_WORTH_NAMING_S = 5.0


class Refusal(ProviderError):
    """An answer other than success: its HTTP status and the envelope's code, empty where unsaid."""

    def __init__(self, problem: Problem, http_status: int, code: str) -> None:
        super().__init__(problem)
        self.http_status = http_status
        self.code = code

    @property
    def was_too_fast(self) -> bool:
        """True where the service counted the request and turned it away without doing it."""
        if not self.code:
            return self.http_status == 429
        return ALIASES.get(self.code, self.code) == "FST_ERR_TOO_MANY_REQUESTS"


def refusal_from_response(
    response: httpx.Response, who: str, secrets: Collection[str] = ()
) -> Refusal:
    """What an answer other than success means. `secrets` never appear in the vendor's words."""
    body = _json_object(response)
    code = _text(body.get("code"))
    if not code and advice_for(_text(body.get("error"))) is not None:
        code = _text(body.get("error"))
    known = advice_for(code) or BY_HTTP.get(response.status_code)
    if response.status_code == 401:
        known = BY_HTTP[401]
    if known is None:
        if response.status_code >= 500:
            known = SERVER_TROUBLE
        elif 300 <= response.status_code < 400 or not body:
            known = ODD_ANSWER
        else:
            known = REFUSED
    words = _vendor_words(response, body, code)
    problem = _problem(known, who, clean(words, secrets), _retry_after_s(response, body))
    return Refusal(problem, response.status_code, code)


def problem_with_item(who: str, code: str, message: str, secrets: Collection[str] = ()) -> Problem:
    """Why one item of several was refused, where the request as a whole was taken."""
    words = ": ".join(part for part in (code, message.strip()) if part)
    return _problem(advice_for(code) or REFUSED, who, clean(words, secrets), None)


def problem_with_reply(
    who: str, what: str, words: str = "", secrets: Collection[str] = ()
) -> ProviderError:
    """A success that cannot be used: `what` completes the sentence "<who> answered …"."""
    return ProviderError(
        Problem(
            Stage.PROVIDER,
            Reason.PROTOCOL,
            f"{who} answered {what}.",
            "Try again; if it stays so, check the base URL and report it with the log.",
            clean(words, secrets),
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


def bad_request(sentence: str, next_step: str, reason: Reason = Reason.BAD_INPUT) -> ProviderError:
    """Something we do not even ask for, because the answer is known."""
    return ProviderError(Problem(Stage.PROVIDER, reason, sentence, next_step))


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


def _problem(advice: Advice, who: str, words: str, retry_after_s: float | None) -> Problem:
    return Problem(
        Stage.PROVIDER,
        advice.reason,
        advice.sentence.format(who=who),
        _when(retry_after_s) or advice.next_step.format(who=who),
        words,
        is_permanent=advice.is_permanent,
        retry_after_s=retry_after_s,
    )


def _when(retry_after_s: float | None) -> str:
    """When to try again, where the service names a time that is worth naming to a person."""
    if retry_after_s is None or retry_after_s < _WORTH_NAMING_S:
        return ""
    if retry_after_s < 100:
        return f"Wait {retry_after_s:.0f} seconds, then try again."
    if retry_after_s < 5400:
        return f"Wait {math.ceil(retry_after_s / 60)} minutes, then try again."
    return f"Wait {math.ceil(retry_after_s / 3600)} hours, then try again."


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

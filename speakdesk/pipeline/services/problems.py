"""From a speech service's error to a sentence for a person.

Pipecat reports an error as an `ErrorFrame`: a text, often an exception, and a category
(`pipecat/utils/errors.py`). Vendors put the useful part in different places: an HTTP status, a JSON
body, Deepgram's `dg-error` header, a WebSocket close reason. This module reads them all.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from speakdesk.domain.errors import Problem, Reason, SpeakDeskError, Stage
from speakdesk.domain.speech import Keys, Role, ServiceChoice
from speakdesk.pipeline.catalogue import ServiceEntry, find
from speakdesk.pipeline.services.patience import VendorRefused, VendorSilent

if TYPE_CHECKING:
    from pipecat.frames.frames import ErrorFrame

STAGES: Mapping[Role, Stage] = {
    Role.STT: Stage.LISTEN,
    Role.LLM: Stage.THINK,
    Role.TTS: Stage.SPEAK,
}
_VERBS: Mapping[Role, str] = {Role.STT: "hear", Role.LLM: "think", Role.TTS: "speak"}

_STATUS_REASONS: Mapping[int, Reason] = {
    400: Reason.BAD_INPUT,
    401: Reason.AUTHENTICATION,
    402: Reason.QUOTA,
    403: Reason.AUTHENTICATION,
    404: Reason.NOT_FOUND,
    408: Reason.TIMEOUT,
    413: Reason.BAD_INPUT,
    422: Reason.BAD_INPUT,
    429: Reason.RATE_LIMIT,
    504: Reason.TIMEOUT,
}
_CATEGORY_REASONS: Mapping[str, Reason] = {
    "authentication": Reason.AUTHENTICATION,
    "authorization": Reason.AUTHENTICATION,
    "invalid_request": Reason.BAD_INPUT,
    "rate_limit": Reason.RATE_LIMIT,
    "quota": Reason.QUOTA,
    "connectivity": Reason.CONNECTIVITY,
    "server": Reason.UNAVAILABLE,
}
_PERMANENT = frozenset({Reason.AUTHENTICATION, Reason.QUOTA, Reason.BAD_INPUT, Reason.NOT_FOUND})

_STATUS_IN_TEXT = re.compile(
    r"(?:error code|status(?:_code)?['\"]?|HTTP)[\s:=(]*([1-5]\d\d)\b", re.I
)
_QUOTA_WORDS = re.compile(r"quota|credit|billing|balance|payment|out of funds", re.I)
_KEY_WORDS = re.compile(r"api.?key|credential|unauthori[sz]ed|not authori[sz]ed|forbidden", re.I)
_GONE_WORDS = re.compile(r"connect|websocket|socket|network|unreachable|name resolution", re.I)
_MESSAGE_IN_TEXT = re.compile(r"\{.*\}", re.S)
_SERVICE_NAME = re.compile(r"\b\w+#\d+(?: \[[^\]]*\])?:?\s*")
_PREFIXES = re.compile(
    r"^(?:unknown error occurred|error during completion|error setting up processor|connection "
    r"error|unable to connect to \w+|error processing frame|uncaught exception):\s*",
    re.I,
)


def problem_from_error(
    role: Role,
    choice: ServiceChoice,
    error: ErrorFrame | BaseException,
    keys: Keys | None = None,
) -> Problem:
    """What an `ErrorFrame` or an exception of this service means to a person.

    An error of our own brings its problem along. `keys`, where given, are taken out of the
    vendor's words by value, besides what looks like a key.
    """
    text = str(error) if isinstance(error, BaseException) else error.error
    cause = error if isinstance(error, BaseException) else error.exception
    category = (
        "" if isinstance(error, BaseException) or not error.category else error.category.value
    )
    causes = tuple(_causes(cause))
    ours = next((c for c in causes if isinstance(c, SpeakDeskError)), None)
    if ours is not None:
        return ours.problem
    status = _status(causes, text)
    words = _scrub(_words(causes, text), keys)
    reason = _reason(causes, status, category, f"{words} {text}")
    entry = find(role, choice.key)
    silence = next((c for c in causes if isinstance(c, VendorSilent)), None)
    if entry is not None and entry.is_offline:
        return _offline_problem(role, entry, reason, words)
    name = entry.name if entry else choice.key
    sentence, next_step = _say(role, choice, entry, name, reason, silence)
    return Problem(
        STAGES[role],
        reason,
        sentence,
        next_step,
        "" if silence else words,
        is_permanent=reason in _PERMANENT,
        retry_after_s=_retry_after(causes),
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _status(causes: tuple[BaseException, ...], text: str) -> int:
    for cause in causes:
        response = getattr(cause, "response", None)
        for holder in (response, cause):
            for name in ("status_code", "status"):
                value = getattr(holder, name, None)
                if isinstance(value, int) and 100 <= value <= 599:
                    return value
    found = _STATUS_IN_TEXT.search(text)
    return int(found.group(1)) if found else 0


def _reason(causes: tuple[BaseException, ...], status: int, category: str, text: str) -> Reason:
    if status in (401, 403, 429) and _QUOTA_WORDS.search(text):
        return Reason.QUOTA
    if status in _STATUS_REASONS:
        return _STATUS_REASONS[status]
    if status >= 500:
        return Reason.UNAVAILABLE
    kinds = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    if "TimeoutError" in kinds or any("Timeout" in kind for kind in kinds) or "timed out" in text:
        return Reason.TIMEOUT
    code = _close_code(causes)
    if code in (1011, 1012, 1013):
        return Reason.UNAVAILABLE
    if _KEY_WORDS.search(text) and (code or not causes):
        return Reason.AUTHENTICATION
    if category in _CATEGORY_REASONS:
        return _CATEGORY_REASONS[category]
    if kinds & {"ConnectionClosed", "OSError", "APIConnectionError", "ClientError"}:
        return Reason.CONNECTIVITY
    if kinds & {"JSONDecodeError", "KeyError", "ValidationError", "InvalidMessage"}:
        return Reason.PROTOCOL
    return Reason.CONNECTIVITY if _GONE_WORDS.search(text) else Reason.PROTOCOL


def _close_code(causes: tuple[BaseException, ...]) -> int:
    for cause in causes:
        code = getattr(getattr(cause, "rcvd", None), "code", None)
        if isinstance(code, int):
            return code
    return 0


def _words(causes: tuple[BaseException, ...], text: str) -> str:
    """The vendor's own text: from the error's body, headers or close reason, else the text."""
    for cause in causes:
        if isinstance(cause, VendorRefused) and cause.words:
            return cause.words
        for found in (
            _message(getattr(cause, "body", None)),
            _message(getattr(getattr(cause, "response", None), "body", None)),
            getattr(getattr(cause, "rcvd", None), "reason", ""),
        ):
            if isinstance(found, str) and found.strip():
                return found.strip()
    inside = _MESSAGE_IN_TEXT.search(text)
    if inside and (found := _message(inside.group(0))):
        return found
    plain = _SERVICE_NAME.sub("", text).strip()
    while (shorter := _PREFIXES.sub("", plain)) != plain:
        plain = shorter
    return plain[:400]


def _message(body: Any) -> str:
    """The message in a vendor's error body: JSON as bytes, text or values, in the usual shapes."""
    if isinstance(body, bytes | bytearray):
        body = body.decode("utf-8", "replace")
    if isinstance(body, str):
        for read in (json.loads, ast.literal_eval):
            try:
                return _message(read(body)) or ""
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue
        return "" if body.lstrip().startswith(("<", "{")) else body.strip()[:400]
    if isinstance(body, Mapping):
        for name in ("error", "message", "err_msg", "detail", "details", "title", "reason"):
            if name in body and (found := _message(body[name])):
                return found
    return ""


def _scrub(words: str, keys: Keys | None) -> str:
    from pipecat.utils.security.redaction import redact_secrets

    for value in keys.values.values() if keys else ():
        if len(value) >= 6:
            words = words.replace(value, "[key]")
    return redact_secrets(words).strip()


def _retry_after(causes: tuple[BaseException, ...]) -> float | None:
    for cause in causes:
        if isinstance(cause, VendorRefused) and cause.retry_after_s is not None:
            return cause.retry_after_s
        headers = getattr(getattr(cause, "response", None), "headers", None)
        value = headers.get("retry-after") if isinstance(headers, Mapping) else None
        if value and re.fullmatch(r"\d{1,6}(\.\d+)?", str(value)):
            return float(value)
    return None


def _offline_problem(role: Role, entry: ServiceEntry, reason: Reason, words: str) -> Problem:
    return Problem(
        STAGES[role],
        Reason.TIMEOUT if reason is Reason.TIMEOUT else Reason.CRASHED,
        f"{entry.name} failed on this computer, so the bot cannot {_VERBS[role]} for now.",
        "It is tried again with the next turn; if it keeps failing, run `speakdesk doctor`.",
        words,
        is_permanent=False,
    )


def _say(
    role: Role,
    choice: ServiceChoice,
    entry: ServiceEntry | None,
    name: str,
    reason: Reason,
    silence: VendorSilent | None,
) -> tuple[str, str]:
    """The sentence and the next step."""
    cannot = f"so the bot cannot {_VERBS[role]} for now"
    key_name = entry.key_names[0] if entry and entry.key_names else "the key"
    again = "The bot stays in the meeting and tries again by itself."
    where = f" at {choice.base_url}" if choice.base_url else ""
    if silence is not None:
        return (
            f"{name} sent no {silence.waited_for} within {silence.waited_s:g} seconds, {cannot}.",
            f"{again} If it goes on, check the service's status page or choose another.",
        )
    match reason:
        case Reason.AUTHENTICATION:
            return (
                f"{name} refused the key, {cannot}.",
                f"Check {key_name} in Settings under Keys; it may be mistyped, revoked or not "
                "allowed to use this service. The bot tries again with each turn.",
            )
        case Reason.QUOTA:
            return (
                f"The account at {name} has nothing left to spend, {cannot}.",
                "Add credit at the service or choose another. The bot tries again with each turn.",
            )
        case Reason.RATE_LIMIT:
            return (
                f"{name} says there are too many requests, {cannot}.",
                f"{again} If it goes on, raise the account's limit or run fewer bots at once.",
            )
        case Reason.NOT_FOUND:
            what = f"“{choice.model}”" if choice.model else "what was asked for"
            return (
                f"{name} does not know {what}{where}, {cannot}.",
                "Check the name of the model and the address in Settings or in the persona.",
            )
        case Reason.BAD_INPUT:
            return (
                f"{name} rejected the request, {cannot}.",
                "Check the model, voice and language in Settings or in the persona.",
            )
        case Reason.TIMEOUT:
            return (f"{name} did not answer in time, {cannot}.", again)
        case Reason.UNAVAILABLE:
            return (
                f"{name} has trouble of its own, {cannot}.",
                f"{again} Its status page may say more.",
            )
        case Reason.CONNECTIVITY:
            return (
                f"The connection to {name}{where} is lost, {cannot}.",
                f"{again} If it goes on, check this computer's network"
                + (" and that the server is running." if choice.base_url else "."),
            )
        case _:
            return (
                f"{name} answered in a way SpeakDesk does not understand, {cannot}.",
                f"{again} If it goes on, choose another service and report this with the log.",
            )

"""What a language model's refusal means to a person; sorted as a voice's errors are.

OpenAI's error body is `{"error": {"message", "type", "param", "code"}}`; servers that imitate it
leave parts of it out, so status, code and words are all read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from speakdesk.domain.errors import Problem, Reason, SpeechError, Stage

_REASONS: Mapping[int, Reason] = {
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
_PERMANENT = frozenset({Reason.AUTHENTICATION, Reason.QUOTA, Reason.BAD_INPUT, Reason.NOT_FOUND})
_QUOTA_WORDS = re.compile(r"quota|credit|billing|balance|payment|out of funds", re.I)
_TOO_LONG_WORDS = re.compile(
    r"context[ _](?:length|window|size)|maximum context|too many tokens|request too large|"
    r"prompt is too long|reduce the length|exceeds? (?:the )?(?:available )?context",
    re.I,
)
_LONGEST_WORDS = 400


class TextTooLong(SpeechError):
    """The text does not fit into the model; a shorter piece of it may."""


def problem_from_error(
    error: BaseException, name: str, model: str, base_url: str, secrets: Collection[str]
) -> tuple[Problem, bool]:
    """What an error of the SDK means, and whether it says that the text is too long."""
    words = _words(error, secrets)
    status = _status(error)
    is_too_long = _is_too_long(error, status, words)
    reason = _reason(error, status, words)
    if is_too_long:
        reason = Reason.BAD_INPUT
        sentence, next_step = (
            f"The text is too long for {model} at {name}.",
            "Choose a model that takes longer texts in Settings.",
        )
    else:
        sentence, next_step = _say(reason, name, model, base_url)
    problem = Problem(
        Stage.THINK,
        reason,
        sentence,
        next_step,
        words,
        is_permanent=reason in _PERMANENT,
        retry_after_s=_retry_after_s(error),
    )
    return problem, is_too_long


def refuses_format(error: BaseException) -> bool:
    """True where the server may have stumbled over the way JSON was asked for."""
    return _status(error) in (400, 415, 422, 501)


def no_answer_in_time(name: str, base_url: str, waited_s: float) -> Problem:
    """The model took longer than it may."""
    return Problem(
        Stage.THINK,
        Reason.TIMEOUT,
        f"{name}{_at(base_url)} did not answer within {waited_s:g} seconds.",
        "Try again; if it stays so, choose a faster model or look at the service's status page.",
        is_permanent=False,
    )


def cut_off(name: str, model: str) -> Problem:
    """The answer ends in the middle of it."""
    return Problem(
        Stage.THINK,
        Reason.PROTOCOL,
        f"{model} at {name} stopped in the middle of its answer, because it became too long.",
        "Choose a model that may answer at greater length in Settings.",
    )


def refused_by_model(name: str, words: str) -> Problem:
    """The model, or a filter around it, does not want to answer."""
    return Problem(
        Stage.THINK,
        Reason.REFUSED,
        f"The model at {name} refused to answer this.",
        "Try another model, or write it yourself.",
        words[:_LONGEST_WORDS],
    )


def odd_answer(name: str, base_url: str, what: str) -> Problem:
    """A success that cannot be used: `what` completes the sentence."""
    return Problem(
        Stage.THINK,
        Reason.PROTOCOL,
        f"{name}{_at(base_url)} answered {what}.",
        "Check the address of the language model in Settings, or choose another model.",
    )


def unusable_key(name: str) -> Problem:
    """The key cannot even be sent."""
    return Problem(
        Stage.THINK,
        Reason.AUTHENTICATION,
        f"The key for {name} holds characters that no key has.",
        "Paste it again in Settings under Keys.",
    )


def _status(error: BaseException) -> int:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else 0


def _code(error: BaseException) -> str:
    body = _body(error)
    code = getattr(error, "code", None) or body.get("code") or body.get("type")
    return code if isinstance(code, str) else ""


def _body(error: BaseException) -> Mapping[str, Any]:
    body = getattr(error, "body", None)
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    return body if isinstance(body, dict) else {}


def _words(error: BaseException, secrets: Collection[str]) -> str:
    body = _body(error)
    found = next(
        (body[n] for n in ("message", "error", "detail") if isinstance(body.get(n), str)), ""
    )
    words = found or ("" if body else str(error))
    if words.lstrip().startswith("<"):
        words = f"HTTP {_status(error)}"
    for secret in secrets:
        if len(secret) >= 6:
            words = words.replace(secret, "[key]")
    return " ".join(words.split())[:_LONGEST_WORDS]


def _is_too_long(error: BaseException, status: int, words: str) -> bool:
    if status == 413 or _code(error) == "context_length_exceeded":
        return True
    return status in (400, 422, 429, 500) and _TOO_LONG_WORDS.search(words) is not None


def _reason(error: BaseException, status: int, words: str) -> Reason:
    if status in (401, 403, 429) and (
        _code(error) == "insufficient_quota" or _QUOTA_WORDS.search(words)
    ):
        return Reason.QUOTA
    if status in _REASONS:
        return _REASONS[status]
    if status >= 500:
        return Reason.UNAVAILABLE
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if any("Timeout" in kind for kind in kinds):
        return Reason.TIMEOUT
    if "APIConnectionError" in kinds:
        return Reason.CONNECTIVITY
    return Reason.PROTOCOL


def _retry_after_s(error: BaseException) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", {})
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e6 else None


def _at(base_url: str) -> str:
    return "" if "api.openai.com" in base_url else f" at {base_url}"


def _say(reason: Reason, name: str, model: str, base_url: str) -> tuple[str, str]:
    where = f"{name}{_at(base_url)}"
    match reason:
        case Reason.AUTHENTICATION:
            return (
                f"{name} refused the key.",
                "Check it in Settings under Keys; it may be mistyped, revoked or not allowed to "
                "use this model.",
            )
        case Reason.QUOTA:
            return (
                f"The account at {name} has nothing left to spend.",
                "Add credit at the service or choose another one in Settings.",
            )
        case Reason.RATE_LIMIT:
            return (
                f"{name} says there are too many requests.",
                "Wait a minute and try again; if it stays so, raise the account's limit.",
            )
        case Reason.NOT_FOUND:
            return (
                f"{where} does not know the model “{model}”.",
                "Check the name of the model and the address in Settings.",
            )
        case Reason.BAD_INPUT:
            return (
                f"{where} rejected the request.",
                "Check the model and the address in Settings.",
            )
        case Reason.TIMEOUT:
            return (f"{where} did not answer in time.", "Try again in a moment.")
        case Reason.UNAVAILABLE:
            return (
                f"{where} has trouble of its own.",
                "Try again in a moment; its status page may say more.",
            )
        case Reason.CONNECTIVITY:
            return (
                f"{where} cannot be reached.",
                "Check this computer's network, and that the server is running.",
            )
        case _:
            return (
                f"{where} answered in a way SpeakDesk does not understand.",
                "Check the address in Settings, or choose another model.",
            )

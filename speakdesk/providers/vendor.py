"""One HTTP conversation with a vendor of voices or pictures: bounded, repeated where that helps.

Every failure is a Problem with the vendor's own words. Nothing is followed: a redirect is an odd
answer, so a key never travels to an address that an answer named.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import tenacity

from speakdesk.domain.errors import Problem, Reason, SpeakDeskError, Stage
from speakdesk.providers.meetingbaas.errors import clean, failure_from_exception
from speakdesk.providers.tls import tls_context

_ATTEMPTS = 3
_LONGEST_WAIT_S = 10.0
_PACE = tenacity.wait_exponential(multiplier=0.4, max=4.0) + tenacity.wait_random(0.0, 0.3)
_QUOTA_WORDS = ("quota", "credit", "billing", "balance", "payment", "spend limit")


@dataclass(frozen=True, slots=True)
class Vendor:
    """Who is asked and what for; `cannot` completes "…, so ⟨cannot⟩", `key_name` names its key."""

    name: str
    key_name: str
    stage: Stage
    cannot: str
    error: type[SpeakDeskError] = field(default=SpeakDeskError)


class VendorLine:
    """Sends requests to one vendor and gives back answers of success, read whole.

    `headers` carry the key. `http` is used as it is and stays open; without one a client is made
    and closed by `aclose`. Raises the vendor's error class and nothing else.
    """

    def __init__(
        self,
        vendor: Vendor,
        base_url: str,
        headers: Mapping[str, str],
        *,
        secrets: Sequence[str] = (),
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.vendor = vendor
        self.base_url = base_url.rstrip("/")
        self._headers = dict(headers)
        self._secrets = tuple(s for s in secrets if s)
        self._http = http
        self._owns_http = http is None
        self._opening = asyncio.Lock()
        self._sleep = sleep

    async def pause(self, seconds: float) -> None:
        """Wait, by the clock of whoever made this line."""
        await self._sleep(seconds)

    async def json(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str | int] | None = None,
        repeatable: bool = False,
        longest_s: float = 20.0,
    ) -> dict[str, Any]:
        """The JSON object that came back."""
        response = await self.send(
            method, path, body=body, params=params, repeatable=repeatable, longest_s=longest_s
        )
        try:
            answer = response.json()
        except (ValueError, RecursionError) as e:
            raise self.odd("with something that is not JSON", response.text[:2000]) from e
        if not isinstance(answer, dict):
            raise self.odd("with JSON of an unknown shape")
        return answer

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str | int] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        repeatable: bool = False,
        with_key: bool = True,
        longest_s: float = 20.0,
        most_bytes: int = 32_000_000,
    ) -> httpx.Response:
        """One answer of success, read to its end. `path` may be a whole address.

        Repeated up to three times where it is `repeatable` and the trouble may pass, and always
        where the vendor said that it came too fast.
        """

        def again(error: BaseException) -> bool:
            if not isinstance(error, self.vendor.error):
                return False
            problem = error.problem
            if problem.is_permanent or (problem.retry_after_s or 0.0) > _LONGEST_WAIT_S:
                return False
            return repeatable or problem.reason is Reason.RATE_LIMIT

        attempts = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            wait=_wait_s,
            retry=tenacity.retry_if_exception(again),
            sleep=self._sleep,
            reraise=True,
        )
        response: httpx.Response = await attempts(
            self._once, method, path, body, params, files, with_key, longest_s, most_bytes
        )
        return response

    async def aclose(self) -> None:
        """Close the connections we opened."""
        if self._owns_http and self._http is not None:
            http, self._http = self._http, None
            await http.aclose()

    def odd(self, what: str, words: str = "") -> SpeakDeskError:
        """The error for a success that cannot be used: `what` completes "⟨vendor⟩ answered …"."""
        return self.vendor.error(
            Problem(
                self.vendor.stage,
                Reason.PROTOCOL,
                f"{self.vendor.name} answered {what}, so {self.vendor.cannot}.",
                "Try again; if it stays so, check the address and report it with the log.",
                clean(words, self._secrets),
            )
        )

    def refused(self, sentence: str, next_step: str, words: str = "") -> SpeakDeskError:
        """The error for a request the vendor took and then did not carry out."""
        words = clean(words, self._secrets)
        problem = Problem(self.vendor.stage, Reason.REFUSED, sentence, next_step, words)
        return self.vendor.error(problem)

    async def _once(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        params: Mapping[str, str | int] | None,
        files: Mapping[str, tuple[str, bytes, str]] | None,
        with_key: bool,
        longest_s: float,
        most_bytes: int,
    ) -> httpx.Response:
        url = path if "://" in path else f"{self.base_url}{path}"
        http = await self._client()
        try:
            async with (
                asyncio.timeout(longest_s),
                http.stream(
                    method,
                    url,
                    params=params,
                    json=body,
                    files=files,
                    headers=self._headers if with_key else None,
                    timeout=httpx.Timeout(longest_s, connect=10.0),
                    follow_redirects=False,
                ) as response,
            ):
                content = bytearray()
                async for block in response.aiter_bytes():
                    content += block
                    if len(content) > most_bytes:
                        raise self.odd("with more than fits")
        except TimeoutError as e:
            raise self.vendor.error(self._from_exception(httpx.ReadTimeout(""))) from e
        except (httpx.HTTPError, httpx.InvalidURL) as e:
            raise self.vendor.error(self._from_exception(e)) from e
        # A decoded copy: the original's content coding is already undone.
        whole = httpx.Response(
            response.status_code,
            headers={k: v for k, v in response.headers.items() if k != "content-encoding"},
            content=bytes(content),
        )
        if not whole.is_success:
            raise self.vendor.error(self._from_status(whole))
        return whole

    async def _client(self) -> httpx.AsyncClient:
        async with self._opening:
            if self._http is None:
                if self.base_url.startswith("http://127.0.0.1:"):
                    self._http = httpx.AsyncClient(verify=False, trust_env=False)
                else:
                    context = await tls_context()
                    self._http = await asyncio.to_thread(httpx.AsyncClient, verify=context)
            return self._http

    def _from_exception(self, error: httpx.HTTPError | httpx.InvalidURL) -> Problem:
        problem = failure_from_exception(error, self.vendor.name).problem
        words = clean(problem.vendor_words, self._secrets)
        return replace(problem, stage=self.vendor.stage, vendor_words=words)

    def _from_status(self, response: httpx.Response) -> Problem:
        vendor, status = self.vendor, response.status_code
        words = clean(_words(response), self._secrets)
        reason, sentence, next_step, is_permanent = _advice(vendor, status, words)
        return Problem(
            vendor.stage,
            reason,
            f"{sentence}, so {vendor.cannot}.",
            next_step,
            words,
            is_permanent=is_permanent,
            retry_after_s=_retry_after_s(response),
        )


def missing_key(vendor: Vendor) -> SpeakDeskError:
    """There is no key to ask with."""
    return vendor.error(
        Problem(
            vendor.stage,
            Reason.MISSING,
            f"There is no key for {vendor.name} yet, so {vendor.cannot}.",
            f"Add {vendor.key_name} in Settings under Keys.",
        )
    )


def checked_key(vendor: Vendor, key: str) -> str:
    """The key, where it can be sent at all. Raises the vendor's error."""
    key = key.strip()
    if not key:
        raise missing_key(vendor)
    if not (key.isascii() and key.isprintable()):
        raise vendor.error(
            Problem(
                vendor.stage,
                Reason.AUTHENTICATION,
                f"The key for {vendor.name} holds characters that no key has.",
                f"Copy it again and set {vendor.key_name} in Settings under Keys.",
            )
        )
    return key


def _advice(vendor: Vendor, status: int, words: str) -> tuple[Reason, str, str, bool]:
    name, key_name = vendor.name, vendor.key_name
    lowered = words.lower()
    if status == 402 or (status in (401, 403, 429) and any(w in lowered for w in _QUOTA_WORDS)):
        return (
            Reason.QUOTA,
            f"The account at {name} has nothing left to spend",
            f"Add credit at {name}, or choose another service.",
            True,
        )
    if status in (401, 403):
        return (
            Reason.AUTHENTICATION,
            f"{name} refused the key",
            f"Check {key_name} in Settings under Keys; it may be mistyped, revoked or not allowed "
            "to do this.",
            True,
        )
    if status == 404:
        return (
            Reason.NOT_FOUND,
            f"{name} does not know what was asked for",
            "Check the name of the voice or model, and the address where one is set.",
            True,
        )
    if status == 429:
        return (
            Reason.RATE_LIMIT,
            f"{name} says there are too many requests",
            "Wait a moment and try again.",
            False,
        )
    if status in (408, 504):
        return Reason.TIMEOUT, f"{name} did not answer in time", "Try again in a moment.", False
    if status >= 500:
        return (
            Reason.UNAVAILABLE,
            f"{name} has trouble of its own",
            "Try again in a few minutes; its status page may say more.",
            False,
        )
    if 300 <= status < 400:
        return (
            Reason.PROTOCOL,
            f"{name} answered with another address",
            "Check the address in the settings.",
            True,
        )
    return (
        Reason.BAD_INPUT,
        f"{name} rejected the request",
        "Its own words say what is wrong; change it and try again.",
        True,
    )


def _words(response: httpx.Response) -> str:
    """The message in an error body, in the shapes the vendors use."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return f"HTTP {response.status_code} {response.text[:2000]}".strip()
    return _message(body) or f"HTTP {response.status_code}"


def _message(body: Any) -> str:
    if isinstance(body, str):
        return body.strip()
    if isinstance(body, dict):
        for name in ("message", "detail", "error", "title", "reason"):
            if found := _message(body.get(name)):
                return found
    if isinstance(body, list):
        return "; ".join(found for item in body[:5] if (found := _message(item)))
    return ""


def _retry_after_s(response: httpx.Response) -> float | None:
    try:
        seconds = float(response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e6 else None


def _wait_s(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, SpeakDeskError) and error.problem.retry_after_s is not None:
        return error.problem.retry_after_s
    return _PACE(state)

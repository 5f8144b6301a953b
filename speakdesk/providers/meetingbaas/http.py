"""One HTTP conversation with MeetingBaas: the key header, the envelope, what may be repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import httpx
import tenacity

from speakdesk.domain.errors import ProviderError
from speakdesk.providers.meetingbaas.errors import (
    Refusal,
    failure_from_exception,
    missing_key,
    problem_with_reply,
    refusal_from_response,
    unusable_key,
)

Query = Mapping[str, str | int | bool]
Body = Mapping[str, Any] | Sequence[Mapping[str, Any]]

API_KEY_HEADER = "x-meeting-baas-api-key"
TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_ATTEMPTS = 3
_LONGEST_WAIT_S = 10.0
_PACE = tenacity.wait_exponential(multiplier=0.4, max=4.0) + tenacity.wait_random(0.0, 0.3)


class Conversation:
    """Sends requests and gives back the checked envelope. Raises ProviderError and nothing else.

    A call marked `repeatable` is tried up to three times where the trouble may pass; every other
    only where the service said that it came too fast, which means it was not done. The service's
    own `retryAfter` is honoured up to ten seconds, a longer one is left to the caller
    (`Problem.retry_after_s`).
    """

    def __init__(
        self,
        who: str,
        base_url: str,
        api_key: str,
        http: httpx.AsyncClient | None = None,
        *,
        needs_key: bool = True,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._who = who
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key.strip()
        self._needs_key = needs_key
        self._http = http
        self._owns_http = http is None
        self._opening = asyncio.Lock()
        self._sleep = sleep

    @property
    def who(self) -> str:
        """The service's name, for sentences."""
        return self._who

    @property
    def has_key(self) -> bool:
        """True where there is a key to send."""
        return bool(self._api_key)

    async def pause(self, seconds: float) -> None:
        """Wait, by the clock of whoever made this conversation."""
        await self._sleep(seconds)

    async def get(
        self, path: str, params: Query | None = None, *, repeatable: bool = True
    ) -> dict[str, Any]:
        """GET; repeated where the trouble may pass. Returns the whole envelope."""
        return self._object(await self.call("GET", path, params=params, repeatable=repeatable))

    async def post(
        self,
        path: str,
        body: Body | None = None,
        *,
        repeatable: bool = False,
        secrets: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """POST, once unless marked `repeatable`. Without a body no content type is sent.

        `secrets` are texts that must not come back in an error's words.
        """
        return self._object(
            await self.call("POST", path, body=body, repeatable=repeatable, secrets=secrets)
        )

    async def patch(
        self, path: str, body: Body, *, secrets: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """PATCH; the same change made twice is the same change, so it is repeated like GET."""
        return self._object(
            await self.call("PATCH", path, body=body, repeatable=True, secrets=secrets)
        )

    async def delete(
        self, path: str, body: Body | None = None, params: Query | None = None
    ) -> dict[str, Any]:
        """DELETE, once: a second one would only learn that the thing is gone."""
        return self._object(await self.call("DELETE", path, params=params, body=body))

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Query | None = None,
        body: Body | None = None,
        repeatable: bool = False,
        secrets: tuple[str, ...] = (),
        may_be_empty: bool = False,
    ) -> Any:
        """One request; returns the JSON that came, None for an empty answer where that may be.

        Whatever was turned away for coming too fast was not done, so it is always sent again.
        """
        attempts = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            wait=_wait_s,
            retry=tenacity.retry_if_exception(_may_pass if repeatable else _was_too_fast),
            sleep=self._sleep,
            reraise=True,
        )
        return await attempts(self._once, method, path, params, body, secrets, may_be_empty)

    async def aclose(self) -> None:
        """Close the connections we opened; a client that was handed in stays open."""
        if self._owns_http and self._http is not None:
            http, self._http = self._http, None
            await http.aclose()

    async def _once(
        self,
        method: str,
        path: str,
        params: Query | None,
        body: Body | None,
        secrets: tuple[str, ...],
        may_be_empty: bool,
    ) -> Any:
        headers = self._headers()
        http = await self._client()
        try:
            response = await http.request(
                method,
                f"{self._base_url}{path}",
                params=params,
                json=body,
                headers=headers,
                timeout=TIMEOUT,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as e:
            raise failure_from_exception(e, self._who) from e
        if not response.is_success:
            raise refusal_from_response(response, self._who, (self._api_key, *secrets))
        if may_be_empty and not response.content.strip():
            return None
        try:
            answer = response.json()
        except (ValueError, RecursionError) as e:
            hidden = (self._api_key, *secrets)
            raise problem_with_reply(
                self._who, "with something that is not JSON", response.text[:2000], hidden
            ) from e
        if isinstance(answer, dict) and answer.get("success") is False:
            raise refusal_from_response(response, self._who, (self._api_key, *secrets))
        return answer

    def _object(self, answer: Any) -> dict[str, Any]:
        if not isinstance(answer, dict):
            raise problem_with_reply(self._who, "with JSON of an unknown shape")
        return answer

    def _headers(self) -> dict[str, str]:
        if not self._api_key:
            if self._needs_key:
                raise missing_key(self._who)
            return {}
        if not (self._api_key.isascii() and self._api_key.isprintable()):
            raise unusable_key(self._who)
        return {API_KEY_HEADER: self._api_key}

    async def _client(self) -> httpx.AsyncClient:
        async with self._opening:
            if self._http is None:
                # Reading the certificate store takes 100 ms and more: not on the loop.
                self._http = await asyncio.to_thread(self._open_client)
            return self._http

    def _open_client(self) -> httpx.AsyncClient:
        if self._base_url.startswith("http://127.0.0.1:"):
            return httpx.AsyncClient(verify=False, trust_env=False)
        return httpx.AsyncClient()


def _may_pass(error: BaseException) -> bool:
    if not isinstance(error, ProviderError) or error.problem.is_permanent:
        return False
    return (error.problem.retry_after_s or 0.0) <= _LONGEST_WAIT_S


def _was_too_fast(error: BaseException) -> bool:
    return isinstance(error, Refusal) and error.was_too_fast and _may_pass(error)


def _wait_s(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, ProviderError) and error.problem.retry_after_s is not None:
        return error.problem.retry_after_s
    return _PACE(state)

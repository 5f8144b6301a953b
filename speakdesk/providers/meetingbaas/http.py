"""One HTTP conversation with MeetingBaas: the key header, the envelope, what may be repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import tenacity

from speakdesk.domain.errors import ProviderError
from speakdesk.providers.meetingbaas.errors import (
    failure_from_exception,
    missing_key,
    problem_with_reply,
    refusal_from_response,
    unusable_key,
)

API_KEY_HEADER = "x-meeting-baas-api-key"
TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_ATTEMPTS = 3
_LONGEST_WAIT_S = 10.0
_PACE = tenacity.wait_exponential(multiplier=0.4, max=4.0) + tenacity.wait_random(0.0, 0.3)


class Conversation:
    """Sends requests and gives back the checked envelope. Raises ProviderError and nothing else.

    A call marked `repeatable` is tried up to three times where the trouble may pass; the service's
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
    def has_key(self) -> bool:
        """True where there is a key to send."""
        return bool(self._api_key)

    async def get(self, path: str, params: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """GET; repeated where the trouble may pass. Returns the whole envelope."""
        return await self._repeat("GET", path, params=params)

    async def post(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        repeatable: bool = False,
        secrets: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """POST, once unless marked `repeatable`. Without a body no content type is sent.

        `secrets` are texts that must not come back in an error's words.
        """
        if repeatable:
            return await self._repeat("POST", path, body=body, secrets=secrets)
        return await self._once("POST", path, body=body, secrets=secrets)

    async def aclose(self) -> None:
        """Close the connections we opened; a client that was handed in stays open."""
        if self._owns_http and self._http is not None:
            http, self._http = self._http, None
            await http.aclose()

    async def _repeat(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        secrets: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        attempts = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            wait=_wait_s,
            retry=tenacity.retry_if_exception(_may_pass),
            sleep=self._sleep,
            reraise=True,
        )
        return await attempts(self._once, method, path, params=params, body=body, secrets=secrets)

    async def _once(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        secrets: tuple[str, ...] = (),
    ) -> dict[str, Any]:
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
        try:
            envelope = response.json()
        except (ValueError, RecursionError) as e:
            raise problem_with_reply(
                self._who, "with something that is not JSON", response.text[:2000]
            ) from e
        if not isinstance(envelope, dict):
            raise problem_with_reply(self._who, "with JSON of an unknown shape")
        if envelope.get("success") is False:
            raise refusal_from_response(response, self._who, (self._api_key, *secrets))
        return envelope

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


def _wait_s(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, ProviderError) and error.problem.retry_after_s is not None:
        return error.problem.retry_after_s
    return _PACE(state)

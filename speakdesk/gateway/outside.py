"""The check from outside: does the public name lead to our own port?

One GET of `/probe/<nonce>` through the public name; only our own listener knows the answer.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from speakdesk.domain.clock import Clock, SystemClock
from speakdesk.domain.errors import GatewayError, Problem, Reason, Stage
from speakdesk.gateway.addresses import host_of, is_only_local
from speakdesk.gateway.background import in_daemon_thread
from speakdesk.gateway.ngrok_problems import code_of, problem_from_words, without_secrets
from speakdesk.gateway.probes import Probe, Probes

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 4096

# A program instead of a browser gets no warning page from ngrok's free plan.
_HEADERS = {
    "user-agent": "SpeakDesk",
    "ngrok-skip-browser-warning": "1",
    "accept-encoding": "identity",
}
_ERROR_HEADER = "ngrok-error-code"


@dataclass(frozen=True, slots=True)
class Reached:
    """The public name leads to us. `note` is a sentence where the proof is weaker than it looks.

    `is_proven` False: nobody could be asked from here, which says nothing about the way in.
    """

    public_url: str
    took_ms: float
    note: str = ""
    is_proven: bool = True


class CannotAsk(GatewayError):
    """No answer at all: many networks do not lead to their own public address.

    Meetings may reach it nevertheless; `doubt` is that as a sentence.
    """

    @property
    def doubt(self) -> str:
        """What is not known now."""
        return (
            f"{self.problem.sentence} Some networks cannot reach their own public address, so the "
            "bot is sent nevertheless; if its audio does not arrive, this is why."
        )


async def reach_from_outside(
    base: str,
    probes: Probes,
    *,
    wait_s: float = 10.0,
    pause_s: float = 0.5,
    is_new: bool = False,
    http: httpx.AsyncClient | None = None,
    clock: Clock | None = None,
) -> Reached:
    """Ask ourselves through the public name, within `wait_s`.

    `is_new` marks an address that was made a moment ago: what may be its first seconds (no DNS yet,
    an error of the tunnel) is tried again every `pause_s`. Raises GatewayError, which says whether
    the name, the secure connection, another server, the tunnel or the time was the trouble.
    """
    clock = clock or SystemClock()
    started_s = clock.monotonic()
    client: httpx.AsyncClient
    if http is None:
        client = await in_daemon_thread(_client, "http client")
    else:
        client = http
    error: GatewayError | None = None
    try:
        async with asyncio.timeout(wait_s):
            with probes.expect() as probe:
                while True:
                    error, may_pass = await _ask(client, base, probe)
                    if error is None:
                        break
                    if not (is_new and may_pass):
                        raise error
                    await asyncio.sleep(pause_s)
    except TimeoutError:
        raise (error or CannotAsk(_timed_out(base, wait_s))) from None
    finally:
        if http is None:
            await client.aclose()
    took_ms = 1000 * (clock.monotonic() - started_s)
    return Reached(base, took_ms, _note(base))


def _client() -> httpx.AsyncClient:
    import httpx

    return httpx.AsyncClient(timeout=None, follow_redirects=False)


async def _ask(
    client: httpx.AsyncClient, base: str, probe: Probe
) -> tuple[GatewayError | None, bool]:
    """One try: what was wrong (None: nothing), and whether it may pass by itself."""
    import httpx

    try:
        async with client.stream("GET", base + probe.path, headers=_HEADERS) as response:
            body = b""
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    break
    except httpx.TimeoutException:
        return CannotAsk(_timed_out(base, None)), True
    except httpx.HTTPError as e:
        return _not_connected(base, e)
    text = body[:MOST_BYTES].decode("utf-8", "replace")
    if response.status_code == 200 and text.strip() == probe.answer:
        return None, False
    problem, may_pass = _answered_wrongly(base, response, text)
    return GatewayError(problem), may_pass


def _answered_wrongly(base: str, response: httpx.Response, text: str) -> tuple[Problem, bool]:
    host, status = host_of(base), response.status_code
    words = f"HTTP {status} {response.reason_phrase}".strip()
    code = response.headers.get(_ERROR_HEADER, "")
    if code_of(code) is None and status >= 400 and code_of(text) is not None:
        code = f"ERR_NGROK_{code_of(text)}"
    if code_of(code) is not None:
        problem = problem_from_words(f"{words} {code}")
        return problem, not problem.is_permanent
    if status >= 500:
        return _problem(
            Reason.UNAVAILABLE,
            f"{host} is reached, but what stands there cannot reach SpeakDesk behind it.",
            "Check that the tunnel or proxy leads to SpeakDesk's port, then launch again.",
            words,
        ), True
    if 300 <= status < 400:
        target = host_of(response.headers.get("location", ""))
        return _problem(
            Reason.PROTOCOL,
            f"{host} sends callers on to {target or 'another address'}, and meeting bots do not "
            "follow.",
            "Set BASE_URL to the address that it sends to.",
            words,
            is_permanent=True,
        ), False
    if status in (401, 403, 407):
        return _problem(
            Reason.REFUSED,
            f"{host} asks for a password or refuses callers, so meeting bots cannot come in.",
            "Let callers pass to /ws/ and /probe/ without a password.",
            words,
            is_permanent=True,
        ), False
    return _problem(
        Reason.CONFLICT,
        f"{host} answers, but it is another server and not this SpeakDesk.",
        "Check that BASE_URL or the tunnel leads to this computer and to SpeakDesk's port.",
        words,
        is_permanent=True,
    ), False


def _not_connected(base: str, error: httpx.HTTPError) -> tuple[GatewayError, bool]:
    host = host_of(base)
    causes = list(_causes(error))
    words = without_secrets(str(causes[-1]) or type(causes[-1]).__name__)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return GatewayError(
            _problem(
                Reason.CONNECTIVITY,
                f"The name {host} has no address (DNS), or this computer is offline.",
                "Check how the address is written and whether the network is up.",
                words,
            )
        ), True
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return GatewayError(
                _problem(
                    Reason.CONNECTIVITY,
                    f"The certificate of {host} is not valid, so meeting bots will not connect.",
                    "Give the server a valid certificate for this name.",
                    getattr(cause, "verify_message", "") or words,
                    is_permanent=True,
                )
            ), False
        if isinstance(cause, ssl.SSLError):
            return GatewayError(
                _problem(
                    Reason.CONNECTIVITY,
                    f"No secure connection (TLS) to {host} can be made; it may only speak plain "
                    "http.",
                    "Check the server's certificate and port, then launch again.",
                    getattr(cause, "reason", "") or words,
                    is_permanent=True,
                )
            ), False
    return CannotAsk(
        _problem(
            Reason.CONNECTIVITY,
            f"{host} does not take connections, or ends them without an answer.",
            "Check that the server or tunnel behind it runs. Where a network cannot reach its own "
            "public address, switch the check off in the settings.",
            words,
        )
    ), True


def _timed_out(base: str, wait_s: float | None) -> Problem:
    within = f" within {wait_s:.0f} seconds" if wait_s and wait_s >= 1 else ""
    return _problem(
        Reason.TIMEOUT,
        f"{host_of(base)} did not answer{within}.",
        "Check that a firewall lets callers through. Where a network cannot reach its own public "
        "address, switch the check off in the settings.",
        "",
    )


def _problem(
    reason: Reason, sentence: str, next_step: str, words: str, *, is_permanent: bool = False
) -> Problem:
    return Problem(Stage.TUNNEL, reason, sentence, next_step, words, is_permanent=is_permanent)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it came from, the first cause last."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup) and current.exceptions:
            current = current.exceptions[0]
        else:
            current = current.__cause__ or current.__context__


def _note(base: str) -> str:
    if is_only_local(base):
        return (
            f"{host_of(base)} is an address inside this network; meetings on the internet cannot "
            "reach it."
        )
    return ""

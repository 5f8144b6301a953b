"""What providers report by themselves: where they may send it, and that it is believed.

For the desk: make one `Reports` with the way in's door, give it `on_report`, and for each bot ask
`expect(provider.key, way.public_base)` while its way in is open. The address goes into
the join request: `JoinOptions.callback = CallbackOptions(address.url, address.secret)` for both
versions of MeetingBaas (v1 uses the URL only and proves itself with the API key). None means that
nothing can be reported here (no public address, or a provider that reports nothing): poll.

Reports only make things faster; polling stays the truth. `on_report(provider_key, event)` runs on
the loop's thread, at most once for each report.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from loguru import logger

from speakdesk.domain.clock import Clock, SystemClock
from speakdesk.domain.events import Event, Notice
from speakdesk.domain.speech import Keys
from speakdesk.gateway.door import Door, reports_path
from speakdesk.providers.meetingbaas.signatures import WebhookRefused
from speakdesk.providers.meetingbaas.webhooks import WebhookEvent, WebhookReader

API_KEY = "MEETING_BAAS_API_KEY"
SIGNING_SECRET = "MEETING_BAAS_WEBHOOK_SECRET"
ACCOUNT_REPORTER = "meetingbaas"
REPORTING = frozenset({"meetingbaas", "meetingbaas-v1"})
REMEMBERED = 2000

OnReport = Callable[[str, WebhookEvent], None]


@dataclass(frozen=True, slots=True)
class ReportAddress:
    """Where a provider sends its reports; `secret` comes back in the `x-mb-secret` header."""

    url: str = field(repr=False)
    secret: str = field(repr=False)


class Reports:
    """Lets providers report through the door, believes only what is proven, and tells the desk.

    One address for each provider serves all its bots. Its path is the same after every start while
    the key is, so that it can be entered in the provider's dashboard.
    """

    def __init__(
        self,
        door: Door,
        keys: Callable[[], Keys],
        publish: Callable[[Event], None],
        on_report: OnReport,
        clock: Clock | None = None,
    ) -> None:
        self._door = door
        self._keys = keys
        self._publish = publish
        self._on_report = on_report
        self._clock = clock or SystemClock()
        self._callback_secrets: dict[str, str] = {}
        self._path_secrets: dict[tuple[str, str], str] = {}
        self._readers: dict[tuple[str, str, str], WebhookReader] = {}
        self._reading = asyncio.Lock()
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._told: set[str] = set()

    def expect(self, provider_key: str, public_base: str) -> ReportAddress | None:
        """Where this provider may report, from now on; None where it cannot."""
        if provider_key not in REPORTING or not public_base:
            return None
        secret = self._path_secret(provider_key)
        path = self._door.expect_reports(
            provider_key, secret, lambda headers, body: self._take(provider_key, headers, body)
        )
        return ReportAddress(public_base + path, self._callback_secret(provider_key))

    def dashboard_url(self, public_base: str) -> str:
        """What to enter as the account's webhook in MeetingBaas's dashboard (contracts §4.2).

        Empty without an API key: then the address is another one after each start.
        """
        if not self._keys().get(API_KEY):
            return ""
        return f"{public_base}{reports_path(ACCOUNT_REPORTER, self._path_secret(ACCOUNT_REPORTER))}"

    def _path_secret(self, provider_key: str) -> str:
        """Derived from a key where there is one, so that nothing else need be kept."""
        keys = self._keys()
        seed = keys.get(API_KEY) or keys.get(SIGNING_SECRET)
        known = self._path_secrets.get((provider_key, seed))
        if known is None:
            known = secrets.token_urlsafe(24)
            if seed:
                text = f"speakdesk reports {provider_key}".encode()
                known = hmac.new(seed.encode(), text, hashlib.sha256).hexdigest()[:40]
            self._path_secrets[provider_key, seed] = known
        return known

    def _callback_secret(self, provider_key: str) -> str:
        return self._callback_secrets.setdefault(provider_key, secrets.token_urlsafe(24))

    async def _take(self, provider_key: str, headers: Mapping[str, str], body: bytes) -> int:
        """One report; the HTTP status to answer with. Delivered after the answer is decided."""
        try:
            async with self._reading:
                reader = self._reader(provider_key)
                event = await asyncio.to_thread(reader.read, headers, body)
        except WebhookRefused as e:
            logger.info("a report of {} was not taken: {}", provider_key, e.why)
            if e.http_status >= 400:
                self._explain(provider_key, headers, e)
            return e.http_status
        if self._is_known(provider_key, body):
            logger.debug("a report of {} came again", provider_key)
            return 200
        asyncio.get_running_loop().call_soon(self._deliver, provider_key, event)
        return 200

    def _reader(self, provider_key: str) -> WebhookReader:
        """Proves by the keys as they are now; a signing secret that is none proves nothing."""
        keys = self._keys()
        api_key, signing = keys.get(API_KEY), keys.get(SIGNING_SECRET)
        known = self._readers.get((provider_key, api_key, signing))
        if known is None:
            callback = self._callback_secret(provider_key)
            try:
                known = self._make_reader(api_key, callback, signing)
            except ValueError:
                self._tell_once(
                    f"{SIGNING_SECRET} is no signing secret, so signed reports are refused.",
                    "Copy it again from the MeetingBaas dashboard; it begins with whsec_.",
                )
                known = self._make_reader(api_key, callback, "")
            self._readers[provider_key, api_key, signing] = known
        return known

    def _make_reader(self, api_key: str, callback: str, signing: str) -> WebhookReader:
        return WebhookReader(
            api_key=api_key, callback_secret=callback, signing_secret=signing, clock=self._clock
        )

    def _is_known(self, provider_key: str, body: bytes) -> bool:
        """True where the same came before: a sender that missed our answer repeats it."""
        digest = hashlib.sha256(provider_key.encode() + b"\0" + body).digest()
        if digest in self._seen:
            return True
        self._seen[digest] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return False

    def _deliver(self, provider_key: str, event: WebhookEvent) -> None:
        self._on_report(provider_key, event)

    def _explain(
        self, provider_key: str, headers: Mapping[str, str], refused: WebhookRefused
    ) -> None:
        """Tell the person once what makes a provider's reports useless."""
        if refused.http_status != 401:
            return
        is_signed = any(name.lower().startswith(("svix-", "webhook-")) for name in headers)
        if is_signed and not self._keys().get(SIGNING_SECRET):
            self._tell_once(
                "MeetingBaas sends signed reports, and SpeakDesk has no secret to check them with. "
                "They are refused; the bots are followed by asking instead.",
                f"Copy the signing secret from the MeetingBaas dashboard into {SIGNING_SECRET}.",
            )
        else:
            self._tell_once(
                f"Reports that claim to come from {provider_key} do not prove it, so they are "
                "refused. The bots are followed by asking instead.",
                f"Check that the API key and {SIGNING_SECRET} are those of the same account.",
            )

    def _tell_once(self, sentence: str, next_step: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._publish(Notice(level="attention", sentence=sentence, next_step=next_step))

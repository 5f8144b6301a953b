"""Reports: an address for each provider, nothing believed unproven, nothing delivered twice."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from speakdesk.app.reports import ReportAddress, Reports
from speakdesk.domain.bot import BotState
from speakdesk.domain.clock import SystemClock
from speakdesk.domain.events import Event, Notice
from speakdesk.domain.speech import Keys
from speakdesk.gateway.door import Door
from speakdesk.providers.meetingbaas.signatures import sign
from speakdesk.providers.meetingbaas.webhooks import BotReported, Proof, WebhookEvent

BASE = "https://desk.example.com"
KEY = "mb-key-0123456789"
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
V2, V1 = "meetingbaas", "meetingbaas-v1"


def body(code: str = "in_call_recording", bot: str = "remote-1") -> bytes:
    status = {"code": code, "created_at": "2026-01-02T03:04:05Z"}
    data = {"bot_id": bot, "status": status}
    return json.dumps({"event": "bot.status_change", "data": data}).encode()


def signed(content: bytes, message_id: str = "msg_1") -> dict[str, str]:
    stamp = int(datetime.now(UTC).timestamp())
    return {
        "svix-id": message_id,
        "svix-timestamp": str(stamp),
        "svix-signature": sign(SIGNING, message_id, stamp, content),
    }


@dataclass
class Office:
    """Reports with a door, and everything that came of it."""

    values: dict[str, str] = field(default_factory=lambda: {"MEETING_BAAS_API_KEY": KEY})
    door: Door = field(default_factory=Door)
    got: list[tuple[str, WebhookEvent]] = field(default_factory=list)
    told: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reports = self.make()

    def make(self) -> Reports:
        return Reports(
            self.door,
            lambda: Keys(self.values),
            self.told.append,
            lambda provider, event: self.got.append((provider, event)),
            SystemClock(),
        )

    def address(self, provider: str = V2) -> ReportAddress:
        address = self.reports.expect(provider, BASE)
        assert address is not None
        return address

    async def send(self, address: ReportAddress, headers: dict[str, str], content: bytes) -> int:
        _, _, provider, secret = address.url.removeprefix(BASE).split("/")
        on_report = self.door.admit_report(provider, secret)
        assert on_report is not None
        status = await on_report(headers, content)
        await asyncio.sleep(0)
        return status

    def notices(self) -> list[str]:
        return [event.sentence for event in self.told if isinstance(event, Notice)]


@pytest.fixture
def office() -> Office:
    return Office()


def test_only_who_reports_gets_an_address_and_only_with_a_way_in(office: Office) -> None:
    assert office.reports.expect("practice", BASE) is None
    assert office.reports.expect(V2, "") is None
    address = office.address()
    assert address.url.startswith(f"{BASE}/webhooks/{V2}/")
    assert office.address() == address
    assert office.address(V1).url != address.url
    assert address.secret not in repr(address)
    assert address.url not in repr(address)


async def test_a_v2_callback_with_its_secret_is_believed(office: Office) -> None:
    address = office.address()
    assert await office.send(address, {"X-MB-Secret": address.secret}, body()) == 200
    ((provider, event),) = office.got
    assert provider == V2
    assert isinstance(event, BotReported)
    assert (event.provider_bot_id, event.status.state) == ("remote-1", BotState.IN_CALL)
    assert event.proof is Proof.CALLBACK_SECRET


async def test_a_v1_webhook_with_our_key_is_believed(office: Office) -> None:
    address = office.address(V1)
    assert await office.send(address, {"x-meeting-baas-api-key": KEY}, body()) == 200
    assert office.got[0][1].proof is Proof.API_KEY


async def test_a_signed_report_is_believed_where_the_secret_is_set(office: Office) -> None:
    office.values["MEETING_BAAS_WEBHOOK_SECRET"] = SIGNING
    address = office.address()
    assert await office.send(address, signed(body()), body()) == 200
    assert office.got[0][1].proof is Proof.SIGNATURE


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-mb-secret": "wrong"},
        {"x-mb-secret": ""},
        {"x-meeting-baas-api-key": "wrong"},
        {"x-meeting-baas-api-key": ""},
    ],
)
async def test_what_proves_nothing_is_refused_and_told_once(
    office: Office, headers: dict[str, str]
) -> None:
    for number in range(3):
        assert await office.send(office.address(), headers, body(bot=str(number))) == 401
    assert office.got == []
    assert len(office.notices()) == 1
    assert "refused" in office.notices()[0]


async def test_without_a_key_an_empty_header_proves_nothing(office: Office) -> None:
    office.values.clear()
    address = office.address(V1)
    assert await office.send(address, {"x-meeting-baas-api-key": ""}, body()) == 401


async def test_signed_reports_without_a_secret_say_what_is_missing(office: Office) -> None:
    assert await office.send(office.address(), signed(body()), body()) == 401
    (notice,) = office.told
    assert isinstance(notice, Notice)
    assert "MEETING_BAAS_WEBHOOK_SECRET" in notice.next_step


async def test_a_signing_secret_that_is_none_is_told_and_other_proofs_hold(
    office: Office,
) -> None:
    office.values["MEETING_BAAS_WEBHOOK_SECRET"] = "not base64!"
    address = office.address()
    assert await office.send(address, {"x-mb-secret": address.secret}, body()) == 200
    assert len(office.got) == 1
    assert "no signing secret" in office.notices()[0]


async def test_what_comes_again_is_answered_and_not_delivered_again(office: Office) -> None:
    address = office.address()
    headers = {"x-mb-secret": address.secret}
    assert [await office.send(address, headers, body()) for _ in range(3)] == [200] * 3
    assert await office.send(address, headers, body(bot="another")) == 200
    assert [event.provider_bot_id for _, event in office.got] == ["remote-1", "another"]


@pytest.mark.parametrize("content", [b"", b"}{", b"[1]", b'{"data":{}}', b"\xff\xfe", b"[" * 9999])
async def test_what_cannot_be_read_is_refused_without_alarm(office: Office, content: bytes) -> None:
    address = office.address()
    assert await office.send(address, {"x-mb-secret": address.secret}, content) == 400
    assert office.got == []
    assert office.notices() == []


async def test_an_unknown_event_is_delivered_as_it_came(office: Office) -> None:
    address = office.address()
    content = json.dumps({"event": "bot.sneezed", "data": {"bot_id": "b"}}).encode()
    assert await office.send(address, {"x-mb-secret": address.secret}, content) == 200
    assert office.got[0][1].kind == "bot.sneezed"


async def test_many_at_once_are_each_delivered_once(office: Office) -> None:
    address = office.address()
    headers = {"x-mb-secret": address.secret}
    sent = [office.send(address, headers, body(bot=str(n // 2))) for n in range(40)]
    assert await asyncio.gather(*sent) == [200] * 40
    assert sorted(int(event.provider_bot_id) for _, event in office.got) == list(range(20))


def test_the_address_survives_a_restart_and_is_the_one_for_the_dashboard(office: Office) -> None:
    again: Any = office.make().expect(V2, BASE)
    assert again.url == office.address().url == office.make().dashboard_url(BASE)
    assert office.values["MEETING_BAAS_API_KEY"] not in again.url
    office.values["MEETING_BAAS_WEBHOOK_SECRET"] = SIGNING
    assert office.address().url == again.url


def test_without_a_key_there_is_no_address_for_the_dashboard(office: Office) -> None:
    del office.values["MEETING_BAAS_API_KEY"]
    assert office.make().dashboard_url(BASE) == ""

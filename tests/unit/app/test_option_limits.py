"""What each provider cannot take is said; what it can take is left alone."""

from __future__ import annotations

import pytest

from speakdesk.app.bots.option_limits import rates_of, reasons_against
from speakdesk.domain.meeting import Platform
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider
from speakdesk.providers.meetingbaas.v1.client import MeetingBaasV1Provider
from speakdesk.providers.practice.provider import PracticeProvider

V2, V1, PRACTICE = MeetingBaasV2Provider, MeetingBaasV1Provider, PracticeProvider


@pytest.mark.parametrize(
    ("provider", "platform", "barred", "free"),
    [
        (V2, Platform.MEET, {"deduplication_key", "zoom_obf_token"}, {"sign_in_credential_id"}),
        (V2, Platform.ZOOM, {"zoom_sdk_id", "sign_in_fallback"}, {"zoom_credential_id"}),
        (V2, Platform.TEAMS, {"zoom_zak_token_url"}, {"sign_in_email_group", "join_at"}),
        (V1, Platform.ZOOM, {"zoom_credential_id", "callback_secret"}, {"zoom_sdk_id"}),
        (V1, Platform.MEET, {"sign_in_credential_id"}, {"deduplication_key", "add_recorder"}),
        (
            PRACTICE,
            Platform.PRACTICE,
            {"add_recorder", "recording", "transcription", "picture_url", "websocket_url"},
            {"join_at", "waiting_room_s", "entry_message", "extra"},
        ),
        (V2, None, {"zoom_obf_token", "sign_in_credential_id"}, {"recording"}),
    ],
)
def test_reasons_stand_against_what_cannot_be_sent(
    provider: type[MeetingBaasV2Provider] | type[MeetingBaasV1Provider],
    platform: Platform | None,
    barred: set[str],
    free: set[str],
) -> None:
    reasons = reasons_against(provider.key, provider.name, provider.capabilities, platform)
    assert barred <= reasons.keys()
    assert not free & reasons.keys()
    assert all(reason.endswith(".") for reason in reasons.values())


def test_an_unknown_provider_is_judged_by_what_it_can_do() -> None:
    reasons = reasons_against("vexa", "Vexa", frozenset({"audio"}), Platform.MEET)
    assert reasons["add_recorder"] == "Vexa keeps no recordings."
    assert reasons["join_at"] == "Vexa sends bots at once only."


def test_v1_carries_two_rates_only() -> None:
    assert rates_of(V1.key) == (16000, 24000)
    assert rates_of(V2.key) == (16000, 24000, 32000, 48000)

"""Which launch options a provider cannot take in a meeting, each with the reason in a sentence."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from speakdesk.domain.launch import RATES_HZ
from speakdesk.domain.meeting import Platform

PRACTICE = "practice"
MEETINGBAAS_V1 = "meetingbaas-v1"

_ZOOM_V2 = ("zoom_credential_id", "zoom_credential_user_id")
_ZOOM_V1 = ("zoom_sdk_id", "zoom_sdk_password", "zoom_obf_user_id")
_ZOOM_BOTH = ("zoom_obf_token", "zoom_obf_token_url", "zoom_zak_token_url")
_SIGN_IN = ("sign_in_credential_id", "sign_in_email_group", "sign_in_fallback")
_V2_TIMES = ("grace_s", "longest_recording_s")
_NO_RECORDING = ("recording", "add_recorder", "transcription")


def reasons_against(
    provider: str, name: str, capabilities: Collection[str], platform: Platform | None
) -> Mapping[str, str]:
    """Sentences by option; an option that is not named can be used.

    `name` is the provider's own name, `platform` None where no meeting is known yet. Facts:
    contracts/meetingbaas.md §1.4, §2.3.
    """
    reasons: dict[str, str] = {}
    if "recording" not in capabilities:
        reasons |= dict.fromkeys(_NO_RECORDING, f"{name} keeps no recordings.")
    if "schedule" not in capabilities and provider != PRACTICE:
        reasons["join_at"] = f"{name} sends bots at once only."
    if platform is not Platform.ZOOM:
        reasons |= dict.fromkeys((*_ZOOM_V2, *_ZOOM_V1, *_ZOOM_BOTH), "For Zoom meetings only.")
    if platform not in (Platform.MEET, Platform.TEAMS):
        reasons |= dict.fromkeys(_SIGN_IN, "For Google Meet and Teams meetings only.")
    if provider == PRACTICE:
        reasons |= {
            "add_recorder": "The practice room keeps no recording.",
            "recording": "The practice room keeps no recording.",
            "transcription": "The practice room keeps no recording to transcribe.",
            "picture_url": "The practice room shows no pictures.",
            "silence_s": "The practice room does not end for silence.",
            "callback_url": "The practice room reports to this desk only.",
            "callback_secret": "The practice room reports to this desk only.",
            "deduplication_key": "For MeetingBaas v1 only.",
            "websocket_url": "The practice room runs on this computer and needs no address.",
        }
    elif provider == MEETINGBAAS_V1:
        reasons |= dict.fromkeys(_ZOOM_V2, "Credentials kept by the provider need MeetingBaas v2.")
        reasons |= dict.fromkeys(_SIGN_IN, "MeetingBaas v1 joins without an account.")
        reasons |= dict.fromkeys(_V2_TIMES, "MeetingBaas v1 has no such limit.")
        reasons["callback_secret"] = "MeetingBaas v1 proves itself with your API key instead."
    else:
        if platform is Platform.ZOOM:
            reasons |= dict.fromkeys(_ZOOM_V1, "An own Zoom application needs MeetingBaas v1.")
        reasons["deduplication_key"] = "For MeetingBaas v1 only."
    return reasons


def rates_of(provider: str) -> tuple[int, ...]:
    """The sample rates, in Hz, that a provider carries."""
    return RATES_HZ[:2] if provider == MEETINGBAAS_V1 else RATES_HZ

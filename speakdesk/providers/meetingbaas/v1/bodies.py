"""What v1 is asked to do: the bodies of its requests (contracts/meetingbaas.md §1.1, §1.2)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from speakdesk.domain.calendar import CalendarLogin
from speakdesk.domain.errors import Reason
from speakdesk.domain.join import JoinOptions, TranscriptionOptions, ZoomOptions
from speakdesk.providers.base import EventBotRequest, JoinRequest
from speakdesk.providers.meetingbaas.bodies import LONGEST_MESSAGE, LONGEST_NAME, refuse_wrong
from speakdesk.providers.meetingbaas.errors import bad_request

FREQUENCIES = {16000: "16khz", 24000: "24khz"}
_TRANSCRIBERS = {"gladia": "Gladia", "runpod": "Runpod", "default": "Default", "": "Default"}


def join_body(request: JoinRequest, start: datetime | None = None) -> dict[str, Any]:
    """The body of `POST /bots/`. `start` lets the bot wait; v1 wants Unix seconds (§1.1).

    Several bots of one key join one meeting only with different deduplication keys (§1.4), so
    each gets a fresh one unless the options name one or want a single bot.
    """
    options = request.options
    body = {
        "meeting_url": request.meeting.url,
        **_common(request),
    }
    if request.streaming_url:
        body["streaming"] = {
            "input": request.streaming_url,
            "output": request.streaming_url,
            "audio_frequency": _frequency(request.rate_hz),
        }
    if request.entry_message:
        body["entry_message"] = request.entry_message[:LONGEST_MESSAGE]
    timeouts = _timeouts(options)
    if timeouts:
        body["automatic_leave"] = timeouts
    if start is not None:
        body["start_time"] = int(start.timestamp())
    return body


def event_bot_body(request: EventBotRequest) -> dict[str, Any]:
    """The body of `/calendar_events/{uuid}/bot`: the same, but flat and with other names."""
    body = {**_common(request), **_timeouts(request.options)}
    if request.streaming_url:
        body["streaming_input"] = request.streaming_url
        body["streaming_output"] = request.streaming_url
        body["streaming_audio_frequency"] = _frequency(request.rate_hz)
    if request.entry_message:
        body["enter_message"] = request.entry_message[:LONGEST_MESSAGE]
    return body


def patched_event_bot_body(request: EventBotRequest) -> dict[str, Any]:
    """The body of `PATCH /calendar_events/{uuid}/bot`, which knows no time of silence."""
    body = event_bot_body(request)
    body.pop("silence_timeout", None)
    return body


def login_body(login: CalendarLogin) -> dict[str, str]:
    """The OAuth values; v1 writes the platforms with a capital."""
    return {
        "platform": login.platform.capitalize(),
        "oauth_client_id": login.client_id,
        "oauth_client_secret": login.client_secret,
        "oauth_refresh_token": login.refresh_token,
    }


def speech_to_text(options: TranscriptionOptions) -> dict[str, str]:
    """Who transcribes. Raises ProviderError for one that v1 does not have."""
    provider = _TRANSCRIBERS.get(options.provider.lower())
    if provider is None:
        raise bad_request(
            f"MeetingBaas v1 does not transcribe with “{options.provider}”.",
            "Choose Gladia, Runpod or Default, or use MeetingBaas v2.",
            Reason.UNSUPPORTED,
        )
    body = {"provider": provider}
    if options.api_key:
        body["api_key"] = options.api_key
    return body


def _common(request: JoinRequest | EventBotRequest) -> dict[str, Any]:
    options = request.options
    refuse_wrong(options)
    body: dict[str, Any] = {
        "bot_name": request.bot_name[:LONGEST_NAME],
        "recording_mode": options.recording.value,
    }
    if options.deduplication_key:
        body["deduplication_key"] = options.deduplication_key
    elif options.allow_multiple_bots:
        body["deduplication_key"] = f"speakdesk-{uuid.uuid4().hex}"
    image = next(iter(options.images), "") or request.image_url
    if image:
        body["bot_image"] = image
    if request.extra:
        body["extra"] = dict(request.extra)
    if options.callback is not None:
        body["webhook_url"] = options.callback.url
    if options.transcription is not None:
        body["speech_to_text"] = speech_to_text(options.transcription)
        if options.transcription.parameters:
            body["transcription_custom_parameters"] = dict(options.transcription.parameters)
    if options.zoom is not None:
        body |= _zoom(options.zoom)
    return body


def _timeouts(options: JoinOptions) -> dict[str, int]:
    timeouts = options.timeouts
    named = {
        "waiting_room_timeout": timeouts.waiting_room_s,
        "noone_joined_timeout": timeouts.no_one_joined_s,
        "silence_timeout": timeouts.silence_s,
    }
    return {name: value for name, value in named.items() if value is not None}


def _zoom(options: ZoomOptions) -> dict[str, str]:
    if options.credential_id or options.credential_user_id:
        raise bad_request(
            "Zoom credentials kept by the provider work with MeetingBaas v2 only.",
            "Use MeetingBaas v2, or give the Zoom application's id and secret.",
            Reason.UNSUPPORTED,
        )
    named = {
        "zoom_sdk_id": options.sdk_id,
        "zoom_sdk_pwd": options.sdk_password,
        "zoom_access_token_url": options.zak_token_url,
        "zoom_obf_token": options.obf_token,
        "zoom_obf_token_url": options.obf_token_url,
        "zoom_obf_token_user_id": options.obf_user_id,
    }
    return {name: value for name, value in named.items() if value}


def _frequency(rate_hz: int) -> str:
    frequency = FREQUENCIES.get(rate_hz)
    if frequency is None:
        raise bad_request(
            f"MeetingBaas v1 carries sound at 16 or 24 kHz, not at {rate_hz / 1000:g}.",
            "Choose 16 or 24 kHz, or use MeetingBaas v2.",
            Reason.UNSUPPORTED,
        )
    return frequency

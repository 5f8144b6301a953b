"""What v2 is asked to do: the bodies of its requests (contracts/meetingbaas.md §2.3, §2.6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from speakdesk.domain.clock import to_iso
from speakdesk.domain.join import JoinOptions, LeaveTimeouts, TranscriptionOptions, ZoomOptions
from speakdesk.domain.meeting import Platform
from speakdesk.providers.base import EventBotRequest, JoinRequest
from speakdesk.providers.meetingbaas.errors import bad_request

LONGEST_NAME = 255
LONGEST_MESSAGE = 500
_OWN_ZOOM_APPLICATION = (
    "An own Zoom application's id and secret work with MeetingBaas v1 only; v2 keeps them as a "
    "Zoom credential."
)


def create_body(request: JoinRequest) -> dict[str, Any]:
    """The body of `POST /v2/bots`: one socket URL for both directions, an integer rate.

    Without a socket URL it is a bot that joins and records. Raises ProviderError for an option
    that no meeting takes.
    """
    options = request.options
    body = {
        "meeting_url": request.meeting.url,
        "allow_multiple_bots": options.allow_multiple_bots,
        **_settings(request),
    }
    if options.sign_in is not None:
        config = {
            "credential_id": options.sign_in.credential_id,
            "email_group": options.sign_in.email_group,
        }
        name = "teams_config" if request.meeting.platform is Platform.TEAMS else "meet_config"
        body[name] = {**_given(config), "fallback": options.sign_in.fallback}
    return body


def scheduled_body(request: JoinRequest, join_at: datetime) -> dict[str, Any]:
    """The body of `POST /v2/bots/scheduled`."""
    return {**create_body(request), "join_at": to_iso(join_at)}


def address_body(request: JoinRequest) -> dict[str, Any]:
    """What of a bot holds an address of this computer, for `PATCH /v2/bots/scheduled/{id}`."""
    body = create_body(request)
    names = ("streaming_enabled", "streaming_config", "callback_enabled", "callback_config")
    return {name: body[name] for name in (*names, "bot_image") if name in body}


def event_bot_body(
    request: EventBotRequest | None, series_id: str, event_id: str, all_occurrences: bool
) -> dict[str, Any]:
    """The body of `/v2/calendars/{id}/bots`; without a request only the target, for DELETE."""
    body: dict[str, Any] = {"series_id": series_id, "all_occurrences": all_occurrences}
    if event_id:
        body["event_id"] = event_id
    return body if request is None else {**_settings(request), **body}


def secrets_of(request: JoinRequest | EventBotRequest) -> tuple[str, ...]:
    """What must not come back in an error's words."""
    options = request.options
    found = [request.streaming_url]
    if isinstance(request, JoinRequest):
        found.append(request.meeting.passcode)
    if options.transcription is not None:
        found.append(options.transcription.api_key)
    if options.callback is not None:
        found += [options.callback.secret, options.callback.url]
    if options.zoom is not None:
        zoom = options.zoom
        found += [zoom.obf_token, zoom.obf_token_url, zoom.zak_token_url, zoom.sdk_password]
    return tuple(secret for secret in found if secret)


def refuse_wrong(options: JoinOptions) -> None:
    """Raise ProviderError where a value is outside what any meeting takes."""
    wrong = options.wrong()
    if wrong:
        raise bad_request(" ".join(wrong), "Change it under the launch's options.")


def _settings(request: JoinRequest | EventBotRequest) -> dict[str, Any]:
    options = request.options
    refuse_wrong(options)
    transcription, callback = options.transcription, options.callback
    body: dict[str, Any] = {
        "bot_name": request.bot_name[:LONGEST_NAME],
        "recording_mode": options.recording.value,
        "transcription_enabled": transcription is not None,
        "streaming_enabled": bool(request.streaming_url),
    }
    if request.streaming_url:
        body["streaming_config"] = {
            "input_url": request.streaming_url,
            "output_url": request.streaming_url,
            "audio_frequency": request.rate_hz,
        }
    if request.entry_message:
        body["entry_message"] = request.entry_message[:LONGEST_MESSAGE]
    if options.images:
        body["bot_image"] = list(options.images)
        image = {"loop_mode": options.image_loop, "image_duration": options.image_s}
        body["bot_image_config"] = {k: v for k, v in image.items() if v is not None}
    elif request.image_url:
        body["bot_image"] = request.image_url
    if request.extra:
        body["extra"] = dict(request.extra)
    timeouts = _timeouts(options.timeouts)
    if timeouts:
        body["timeout_config"] = timeouts
    if transcription is not None:
        body["transcription_config"] = _transcription(transcription)
    if options.zoom is not None:
        body["zoom_config"] = _zoom(options.zoom)
    if callback is not None:
        body["callback_enabled"] = True
        body["callback_config"] = callback_body(callback.url, callback.secret, callback.method)
    if options.ignored_names:
        body["ignored_participant_names"] = list(options.ignored_names)
    return body


def callback_body(url: str, secret: str = "", method: str = "POST") -> dict[str, Any]:
    """Where a bot reports its end."""
    body: dict[str, Any] = {"url": url, "method": method}
    if secret:
        body["secret"] = secret
    return body


def _timeouts(timeouts: LeaveTimeouts) -> dict[str, int]:
    named = {
        "waiting_room_timeout": timeouts.waiting_room_s,
        "no_one_joined_timeout": timeouts.no_one_joined_s,
        "silence_timeout": timeouts.silence_s,
        "grace_period": timeouts.grace_s,
        "max_recording_duration": timeouts.longest_recording_s,
    }
    return {name: value for name, value in named.items() if value is not None}


def _transcription(options: TranscriptionOptions) -> dict[str, Any]:
    body: dict[str, Any] = {"provider": options.provider.lower() or "gladia"}
    if options.api_key:
        body["api_key"] = options.api_key
    if options.parameters:
        body["custom_params"] = dict(options.parameters)
    return body


def _zoom(options: ZoomOptions) -> dict[str, str]:
    if options.sdk_id or options.obf_user_id:
        raise bad_request(
            _OWN_ZOOM_APPLICATION, "Save them as a Zoom credential and choose that one."
        )
    return _given(
        {
            "credential_id": options.credential_id,
            "credential_user_id": options.credential_user_id,
            "obf_token": options.obf_token,
            "obf_token_url": options.obf_token_url,
            "zak_token_url": options.zak_token_url,
        }
    )


def _given(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}

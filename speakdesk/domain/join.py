"""How a bot joins a meeting, beside who it is and where: what a person may choose under "more"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class RecordingMode(StrEnum):
    """What the provider's own recording shows."""

    SPEAKER_VIEW = "speaker_view"
    GALLERY_VIEW = "gallery_view"
    AUDIO_ONLY = "audio_only"


@dataclass(frozen=True, slots=True)
class LeaveTimeouts:
    """After how many seconds a bot gives up; None leaves it to the provider."""

    waiting_room_s: int | None = None
    no_one_joined_s: int | None = None
    silence_s: int | None = None
    grace_s: int | None = None
    longest_recording_s: int | None = None


@dataclass(frozen=True, slots=True)
class TranscriptionOptions:
    """The provider's own transcription, made beside ours. An empty key uses the provider's."""

    provider: str = "gladia"
    api_key: str = field(default="", repr=False)
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ZoomOptions:
    """How a bot proves itself to Zoom; empty fields are left out.

    `credential_id` and `credential_user_id` name credentials kept by the provider. `sdk_id` and
    `sdk_password` are an own Zoom application's (MeetingBaas v1 only), as is `obf_user_id`.
    """

    credential_id: str = ""
    credential_user_id: str = ""
    obf_token: str = field(default="", repr=False)
    obf_token_url: str = field(default="", repr=False)
    zak_token_url: str = field(default="", repr=False)
    sdk_id: str = ""
    sdk_password: str = field(default="", repr=False)
    obf_user_id: str = ""


@dataclass(frozen=True, slots=True)
class SignInOptions:
    """The account a bot signs in with (Meet and Teams); `fallback` is "fail" or "anonymous"."""

    credential_id: str = ""
    email_group: str = ""
    fallback: str = "fail"


@dataclass(frozen=True, slots=True)
class CallbackOptions:
    """Where the provider reports about this one bot. `method` is "POST" or "PUT"."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class JoinOptions:
    """Everything optional about one bot's joining; the defaults are sensible.

    `images` are shown in turn, each for `image_s` seconds where `image_loop` is "auto", or by the
    bot's state where it is "bot_status"; where empty, the request's one picture is used.
    `deduplication_key` empty means a fresh one. `ignored_names` do not keep a bot in an otherwise
    empty meeting: the other bots of this desk.
    """

    recording: RecordingMode = RecordingMode.SPEAKER_VIEW
    timeouts: LeaveTimeouts = LeaveTimeouts()
    transcription: TranscriptionOptions | None = None
    zoom: ZoomOptions | None = None
    sign_in: SignInOptions | None = None
    callback: CallbackOptions | None = None
    allow_multiple_bots: bool = True
    deduplication_key: str = ""
    ignored_names: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    image_loop: str = "auto"
    image_s: int | None = None

    def wrong(self) -> tuple[str, ...]:
        """A sentence for each value that no provider takes (contracts/meetingbaas.md §2.3)."""
        found = [
            f"{words} is between {low} and {high} seconds, not {value}."
            for words, value, low, high in _ranges(self)
            if value is not None and not low <= value <= high
        ]
        if len(self.images) > 5:
            found.append(f"A bot has at most five pictures, not {len(self.images)}.")
        if self.image_loop not in ("auto", "bot_status"):
            found.append("The pictures change by themselves (auto) or by state (bot_status).")
        if self.callback is not None and self.callback.method not in ("POST", "PUT"):
            found.append("A callback is sent with POST or PUT.")
        if self.sign_in is not None and self.sign_in.fallback not in ("fail", "anonymous"):
            found.append("A bot that cannot sign in either fails or joins as anonymous.")
        zoom = self.zoom
        if zoom is not None and bool(zoom.sdk_id) != bool(zoom.sdk_password):
            found.append("The Zoom application's id and secret belong together.")
        return tuple(found)


TIMEOUT_RANGES_S: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "waiting_room_s": (120, 1800),
        "no_one_joined_s": (120, 1800),
        "silence_s": (300, 3600),
        "grace_s": (0, 600),
        "longest_recording_s": (7200, 21600),
    }
)
"""The least and the most of each field of `LeaveTimeouts` (contracts/meetingbaas.md §2.3)."""

_TIMEOUT_WORDS = {
    "waiting_room_s": "The time in the waiting room",
    "no_one_joined_s": "The time until somebody joins",
    "silence_s": "The time of silence",
    "grace_s": "The time of grace",
    "longest_recording_s": "The longest recording",
}


def _ranges(options: JoinOptions) -> tuple[tuple[str, int | None, int, int], ...]:
    timeouts = tuple(
        (_TIMEOUT_WORDS[name], getattr(options.timeouts, name), low, high)
        for name, (low, high) in TIMEOUT_RANGES_S.items()
    )
    return (*timeouts, ("The time each picture is shown", options.image_s, 10, 120))

"""What can be wrong with a launch, said in sentences before anything happens."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from speakdesk.app.bots.option_limits import reasons_against
from speakdesk.app.bots.order import OUR_MARK
from speakdesk.domain.errors import PersonaError, Problem, ProviderError, Reason, Stage
from speakdesk.domain.join import JoinOptions
from speakdesk.domain.launch import RATES_HZ, Launch
from speakdesk.gateway.addresses import is_only_local
from speakdesk.providers.base import Capability, MeetingProvider
from speakdesk.providers.meetingbaas.bodies import LONGEST_MESSAGE, LONGEST_NAME
from speakdesk.providers.meetingbaas.scheduled import LATEST, SOONEST

_CHANGE = "Change it under the launch's options."


def check_launch(
    launch: Launch,
    options: JoinOptions,
    provider: MeetingProvider,
    names: Sequence[str],
    *,
    usual: JoinOptions,
    are_others_there: bool,
    now: datetime,
) -> None:
    """Raise PersonaError or ProviderError where the launch cannot work as it is.

    `options` are those that count, `usual` the settings' own; `names` those of its bots.
    """
    if not names:
        raise PersonaError(
            Problem(Stage.PERSONA, Reason.MISSING, "No persona is chosen.", "Choose one or more.")
        )
    if launch.rate_hz not in RATES_HZ:
        raise ProviderError(
            Problem(
                Stage.AUDIO,
                Reason.BAD_INPUT,
                f"{launch.rate_hz} Hz is not a rate meetings use.",
                "Choose 16000, 24000, 32000 or 48000.",
            )
        )
    wrong = [
        *options.wrong(),
        *_wrong_texts(launch, names),
        *_wrong_extra(launch),
        *_wrong_number(options, len(names), are_others_there),
    ]
    if wrong:
        raise _refused(" ".join(wrong), _CHANGE, Reason.BAD_INPUT)
    if launch.join_at is not None:
        _check_time(launch.join_at, provider, now)
    against = reasons_against(
        provider.key, provider.name, provider.capabilities, launch.meeting.platform
    )
    unwanted = [against[name] for name in _chosen(launch, options, usual) if name in against]
    if unwanted:
        raise _refused(
            " ".join(dict.fromkeys(unwanted)),
            "Take it out of the launch's options, or choose another provider.",
            Reason.UNSUPPORTED,
        )


def check_picture(url: str) -> str | None:
    """Why a picture's address cannot be used; None where it can."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    else:
        if parts.scheme == "https" and host and not parts.username and " " not in url:
            if is_only_local(url):
                return "The picture's address leads to this computer or network only."
            return None
    return "A picture is a public address that begins with https://."


def _wrong_texts(launch: Launch, names: Sequence[str]) -> Iterator[str]:
    if len(launch.names) > len(names):
        yield f"There are {len(launch.names)} names for {len(names)} bots."
    for name in names:
        if len(name) > LONGEST_NAME:
            yield f"A bot's name has at most {LONGEST_NAME} characters, not {len(name)}."
        if any(not sign.isprintable() for sign in name):
            yield "A bot's name is one line of printable characters."
    if len(launch.entry_message) > LONGEST_MESSAGE:
        yield (
            f"The message on arrival has at most {LONGEST_MESSAGE} characters, not "
            f"{len(launch.entry_message)}."
        )
    if launch.picture_url and (why := check_picture(launch.picture_url)) is not None:
        yield why


def _wrong_extra(launch: Launch) -> Iterator[str]:
    try:
        json.dumps(dict(launch.extra), allow_nan=False)
    except (TypeError, ValueError):
        yield "What the bot carries along (extra) holds something that is no JSON."
    if OUR_MARK in launch.extra:
        yield f"The name {OUR_MARK} in what the bot carries along (extra) is SpeakDesk's own."


def _wrong_number(options: JoinOptions, count: int, are_others_there: bool) -> Iterator[str]:
    is_several = count > 1 or are_others_there
    if is_several and not options.allow_multiple_bots:
        yield "Only one bot is allowed in the meeting, and there would be several."
    if is_several and options.deduplication_key:
        yield "A deduplication key of your own lets one bot in; leave it empty for several."


def _check_time(join_at: datetime, provider: MeetingProvider, now: datetime) -> None:
    if join_at.tzinfo is None:
        raise _refused(
            "The time at which the bot shall join names no time zone.", _CHANGE, Reason.BAD_INPUT
        )
    can_wait = Capability.SCHEDULE in provider.capabilities
    soonest = SOONEST if can_wait else timedelta(0)
    if join_at <= now + soonest:
        raise _refused(
            "A bot can be scheduled for a minute from now at the earliest."
            if can_wait
            else "The time at which the bot shall join is over.",
            "Choose a later time, or launch the bot now.",
            Reason.BAD_INPUT,
        )
    if join_at > now + LATEST:
        raise _refused(
            f"A bot can be scheduled at most {LATEST.days} days ahead.",
            "Choose an earlier time.",
            Reason.BAD_INPUT,
        )


def _chosen(launch: Launch, options: JoinOptions, usual: JoinOptions) -> Collection[str]:
    """The options this launch sets by itself, by the names of `option_limits`."""
    zoom, sign_in, callback = options.zoom, options.sign_in, options.callback
    timeouts, usually = options.timeouts, usual.timeouts
    chosen = {
        "add_recorder": launch.add_recorder,
        "picture_url": bool(launch.picture_url or options.images),
        "recording": options.recording is not usual.recording,
        "transcription": options.transcription not in (None, usual.transcription),
        "silence_s": timeouts.silence_s not in (None, usually.silence_s),
        "grace_s": timeouts.grace_s is not None,
        "longest_recording_s": timeouts.longest_recording_s is not None,
        "callback_url": callback is not None,
        "callback_secret": callback is not None and bool(callback.secret),
        "deduplication_key": bool(options.deduplication_key),
        "sign_in_credential_id": sign_in is not None,
    }
    if zoom is not None:
        chosen |= {
            "zoom_credential_id": bool(zoom.credential_id),
            "zoom_credential_user_id": bool(zoom.credential_user_id),
            "zoom_obf_token": bool(zoom.obf_token),
            "zoom_obf_token_url": bool(zoom.obf_token_url),
            "zoom_zak_token_url": bool(zoom.zak_token_url),
            "zoom_sdk_id": bool(zoom.sdk_id),
            "zoom_sdk_password": bool(zoom.sdk_password),
            "zoom_obf_user_id": bool(zoom.obf_user_id),
        }
    return [name for name, is_chosen in chosen.items() if is_chosen]


def _refused(sentence: str, next_step: str, reason: Reason) -> ProviderError:
    return ProviderError(Problem(Stage.SETTINGS, reason, sentence, next_step))

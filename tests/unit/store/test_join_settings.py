"""How bots join where a launch says nothing."""

from __future__ import annotations

import pytest

from speakdesk.domain.errors import StoreError
from speakdesk.domain.join import JoinOptions, LeaveTimeouts, RecordingMode, TranscriptionOptions
from speakdesk.store.join_settings import JoinSettings
from speakdesk.store.settings import Settings


def test_untouched_settings_ask_for_nothing_special() -> None:
    assert JoinSettings().options() == JoinOptions()


def test_what_is_set_becomes_a_launch_s_options() -> None:
    settings = Settings().with_changes(
        join={"recording": "audio_only", "waiting_room_s": 300, "transcription": True}
    )
    assert settings.join.options() == JoinOptions(
        recording=RecordingMode.AUDIO_ONLY,
        timeouts=LeaveTimeouts(waiting_room_s=300),
        transcription=TranscriptionOptions("gladia"),
    )


@pytest.mark.parametrize(
    ("join", "title"),
    [
        ({"silence_s": 5}, "Silence"),
        ({"waiting_room_s": 9999}, "Waiting room"),
        ({"only_bots_s": -1}, "Only bots left"),
        ({"recording": "film"}, "Recording"),
    ],
)
def test_a_value_out_of_range_names_its_setting(join: dict[str, object], title: str) -> None:
    with pytest.raises(StoreError, match=f"“{title}” is wrong"):
        Settings().with_changes(join=join)

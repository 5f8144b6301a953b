# ruff: noqa: RUF001
"""eSpeak NG as a function."""

from __future__ import annotations

import subprocess
import sys
import threading
from array import array

import pytest

from speakdesk.domain.errors import Reason, SpeechError
from speakdesk.providers import espeak


def test_speaks_whole_samples_that_begin_and_end_in_silence() -> None:
    speech = espeak.synthesize("Could you tell us what the plan is?")
    samples = array("h", speech.pcm)
    assert speech.rate_hz == espeak.RATE_HZ
    assert 1.0 < speech.seconds < 5.0
    assert max(samples) > 5000
    assert samples[0] == samples[-1] == 0


def test_nothing_to_say_is_no_sound() -> None:
    assert espeak.synthesize("  \0 ").pcm == b""


def test_markup_and_phoneme_brackets_are_only_text() -> None:
    assert espeak.synthesize("a < b & <break time='60s'/> [[h@l'oU]]").seconds < 15


@pytest.mark.parametrize(
    ("language", "voice"),
    [
        ("en", "en-us"),
        ("en-GB", "en"),
        ("en_AU", "en"),
        ("pt-BR", "pt-br"),
        ("pt", "pt"),
        ("zh", "cmn"),
        ("zh-Hant-TW", "cmn"),
        ("zh-HK", "yue"),
        ("es-MX", "es-419"),
        ("fr-CA", "fr"),
        ("de-AT", "de"),
        ("no", "nb"),
        ("", "en-us"),
    ],
)
def test_a_language_tag_finds_its_voice_or_the_nearest(language: str, voice: str) -> None:
    assert espeak.voice_name(language).lower() == voice
    assert espeak.synthesize("1 2 3", language=language).seconds > 0.3


def test_gender_chooses_a_variant_and_changes_the_sound() -> None:
    assert espeak.voice_name("de", "FEMALE") == "de+f3"
    assert espeak.voice_name("de", "male") == "de+m3"
    assert espeak.voice_name("de", "") == "de"
    spoken = {
        espeak.synthesize("Hallo", language="de", gender=g).pcm for g in ("MALE", "FEMALE", "")
    }
    assert len(spoken) == 3


def test_an_explicit_voice_goes_before_language_and_gender() -> None:
    assert espeak.voice_name("de", "FEMALE", "en-us+m1").lower() == "en-us+m1"
    assert espeak.voice_name("de", "", "f2") == "de+f2"
    assert espeak.voice_name("en", "", "English (America)").lower() == "en-us"


@pytest.mark.parametrize(
    "asked", [{"language": "xx-YY"}, {"voice": "nobody"}, {"voice": "en+zzzz"}]
)
def test_an_unknown_wish_is_refused_with_the_nearest(asked: dict[str, str]) -> None:
    with pytest.raises(SpeechError) as caught:
        espeak.synthesize("hello", **asked)
    assert caught.value.problem.reason is Reason.UNSUPPORTED
    assert next(iter(asked.values())).split("+")[-1] in caught.value.problem.sentence
    assert caught.value.problem.next_step


def test_speed_changes_the_length_and_is_kept_within_bounds() -> None:
    text = "One two three four five six seven"
    slow, fast = (espeak.synthesize(text, speed_wpm=wpm).seconds for wpm in (100, 300))
    assert slow > 1.5 * fast
    assert espeak.synthesize(text, speed_wpm=9999).seconds > 0.5


def test_many_threads_get_each_their_own_words() -> None:
    texts = {f"number {n} " * (n + 1): n for n in range(6)}
    alone = {text: len(espeak.synthesize(text).pcm) for text in texts}
    together: dict[str, int] = {}

    def speak(text: str) -> None:
        together[text] = len(espeak.synthesize(text).pcm)

    threads = [threading.Thread(target=speak, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Two takes of one text differ by some samples: the library's voice wavers at random.
    assert together == {text: pytest.approx(size, rel=0.02) for text, size in alone.items()}


def test_lists_its_voices() -> None:
    listed = espeak.voices()
    assert {"en-us", "de", "fr-fr", "cmn"} <= {tag for voice in listed for tag in voice.languages}
    assert all(voice.identifier and voice.name and voice.language for voice in listed)


def test_says_how_a_word_sounds() -> None:
    assert espeak.pronounce("cheese", language="en-US") == "tʃˈiːz"


def test_looking_up_hundreds_of_words_leaves_the_next_speech_whole() -> None:
    text = "Could you tell us what the plan is?"
    whole = espeak.synthesize(text).seconds
    for count in (166, 168, 338):
        for _ in range(count):
            espeak.pronounce("days", language="en-US")
        assert espeak.synthesize(text).seconds == pytest.approx(whole, rel=0.02)


def test_is_loaded_late_says_nothing_and_leaves_the_process_as_it_was() -> None:
    code = (
        "import locale, signal\n"
        "from speakdesk.providers import espeak\n"
        "assert espeak._engine is None\n"
        "before = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]\n"
        "place = locale.setlocale(locale.LC_CTYPE)\n"
        "assert espeak.synthesize('hello').pcm\n"
        "assert before == [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]\n"
        "assert place == locale.setlocale(locale.LC_CTYPE)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")

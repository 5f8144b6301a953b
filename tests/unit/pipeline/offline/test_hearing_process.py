# ruff: noqa: RUF001
"""The hearing process: what it understands, and that nothing falls when it does."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import soxr
from rapidfuzz.distance import Levenshtein

from speakdesk.domain.errors import Reason, Stage
from speakdesk.domain.persona import Persona
from speakdesk.pipeline.offline import sphinx_process, sphinx_worker
from speakdesk.pipeline.offline.sphinx_worker import Heard, SphinxWorker
from speakdesk.pipeline.offline.words import persona_words, phones, pronunciations
from speakdesk.providers import espeak

SENTENCES = (
    "what is your name",
    "who are you and what do you do",
    "could you tell us what the plan is",
    "what is the weather in paris",
    "what should I do in my first week",
    "how do I ask for a day off",
    "who is my manager",
    "what do we do on monday morning",
    "can you help me with the interview",
    "where do I find the handbook",
    "why should I buy your product",
    "thank you very much",
    "goodbye",
)
PIECE_BYTES = 3200


@pytest.fixture(scope="module")
def worker() -> Iterator[SphinxWorker]:
    one = SphinxWorker()
    one.start()
    yield one
    one.stop()


def spoken(text: str) -> bytes:
    """`text` by eSpeak as a meeting would send it: s16le mono 16 kHz with silence around."""
    speech = espeak.synthesize(text, speed_wpm=160)
    samples = np.frombuffer(speech.pcm, np.int16)
    resampled = soxr.resample(samples, speech.rate_hz, 16000)
    return bytes(16000) + resampled.tobytes() + bytes(9600)


class Listening:
    """One utterance and what came of it."""

    def __init__(self, worker: SphinxWorker, stream: str = "test") -> None:
        self.worker = worker
        self.heard: queue.Queue[Heard] = queue.Queue()
        self.number = worker.begin(stream, self.heard.put)

    def feed(self, pcm: bytes) -> None:
        for start in range(0, len(pcm), PIECE_BYTES):
            self.worker.feed(self.number, pcm[start : start + PIECE_BYTES])

    def until(self, *, is_final: bool = False, problem: bool = False) -> Heard:
        while True:
            heard = self.heard.get(timeout=30)
            if (is_final and heard.is_final) or (problem and heard.problem is not None):
                return heard

    def partial(self) -> str:
        while not (heard := self.heard.get(timeout=30)).text:
            continue
        return "" if heard.is_final else heard.text

    def result(self, pcm: bytes) -> str:
        self.feed(pcm)
        self.worker.end(self.number)
        return self.until(is_final=True).text


def accuracy(expected: str, heard: str) -> tuple[int, int]:
    """Words wrong and words in all."""
    said = expected.lower().split()
    return Levenshtein.distance(said, heard.lower().split()), len(said)


def understood(expected: str, heard: str) -> bool:
    """At least a third of the words: the voice wavers at random, so no single word is sure."""
    wrong, words = accuracy(expected, heard)
    return wrong <= words * 2 / 3


def test_most_words_of_everyday_sentences_are_understood(worker: SphinxWorker) -> None:
    wrong = words = 0
    for sentence in SENTENCES:
        # A stream of its own each: as the first words of a meeting are heard.
        heard = Listening(worker, sentence).result(spoken(sentence))
        missed, said = accuracy(sentence, heard)
        wrong, words = wrong + missed, words + said
    assert 1 - wrong / words > 0.6


def test_partial_texts_come_before_the_final_one(worker: SphinxWorker) -> None:
    listening = Listening(worker)
    listening.feed(spoken("what do we do on monday morning"))
    assert listening.partial()
    worker.end(listening.number)
    assert understood("what do we do on monday morning", listening.until(is_final=True).text)


def test_silence_is_no_words(worker: SphinxWorker) -> None:
    assert Listening(worker).result(bytes(32000)) == ""
    assert Listening(worker).result(b"") == ""


def test_several_talk_at_once_even_more_than_there_are_decoders(worker: SphinxWorker) -> None:
    sentence = "what do we do on monday morning"
    pcm = spoken(sentence)
    crowd = [Listening(worker, f"stream {n}") for n in range(5)]
    for start in range(0, len(pcm), PIECE_BYTES):
        for one in crowd:
            worker.feed(one.number, pcm[start : start + PIECE_BYTES])
    for one in crowd:
        worker.end(one.number)
    assert all(understood(sentence, one.until(is_final=True).text) for one in crowd)


def test_a_dropped_utterance_says_nothing_more(worker: SphinxWorker) -> None:
    dropped = Listening(worker)
    dropped.feed(spoken("thank you very much"))
    worker.drop(dropped.number)
    while not dropped.heard.empty():
        dropped.heard.get()
    assert Listening(worker).result(spoken("what do we do on monday morning"))
    assert dropped.heard.empty()


def test_learns_a_personas_own_words(worker: SphinxWorker) -> None:
    worker.teach(pronunciations(("speakdesk",)))
    assert "speakdesk" in Listening(worker).result(spoken("tell me about speakdesk"))


def test_the_personas_words_are_found_and_spelled_in_the_models_phones(olga: Persona) -> None:
    words = persona_words(olga)
    assert {"payroll", "priya", "handbook"} <= set(words)
    known = "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH "
    known += "UH UW V W Y Z ZH"
    for line in pronunciations(words).splitlines():
        assert set(line.split()[1:]) <= set(known.split())
    assert phones("tʃˈiːz") == "CH IY Z"


def test_a_killed_child_is_reported_and_what_was_said_is_heard_by_the_next(
    worker: SphinxWorker,
) -> None:
    listening = Listening(worker)
    sentence = "what do we do on monday morning"
    pcm = spoken(sentence)
    listening.feed(pcm[: len(pcm) // 2])
    first = worker.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    trouble = listening.until(problem=True)
    assert trouble.problem is not None
    assert (trouble.problem.stage, trouble.problem.reason) == (Stage.LISTEN, Reason.CRASHED)
    assert not trouble.is_final
    # More than the second half alone could give.
    wrong, words = accuracy(sentence, listening.result(pcm[len(pcm) // 2 :]))
    assert wrong < words / 2
    assert worker.pid != first


def test_a_child_that_keeps_crashing_is_left_alone_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        sphinx_worker, "command", lambda: [sys.executable, "-c", "raise SystemExit(3)"]
    )
    worker = SphinxWorker()
    try:
        told = []
        for _ in range(sphinx_worker.MOST_CRASHES):
            told.append(Listening(worker).until(is_final=True))
        assert all(heard.problem is not None and not heard.text for heard in told)
        assert worker.pid is None
        last = told[-1].problem
        assert last is not None
        assert not last.is_permanent
        assert last.retry_after_s is not None
    finally:
        worker.stop()


def test_a_child_that_cannot_start_is_a_problem_and_not_a_crash_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sphinx_worker, "command", lambda: ["/nonexistent/python"])
    worker = SphinxWorker()
    heard = Listening(worker).until(is_final=True)
    assert heard.problem is not None
    assert "nonexistent" in heard.problem.vendor_words
    worker.stop()


def test_a_child_that_falls_silent_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sphinx_worker, "SILENT_AFTER_S", 0.05)
    mute = "import sys; sys.stdin.buffer.read()"
    monkeypatch.setattr(sphinx_worker, "command", lambda: [sys.executable, "-c", mute])
    worker = SphinxWorker()
    listening = Listening(worker)
    worker.end(listening.number)
    heard = listening.until(is_final=True)
    assert heard.problem is not None
    assert "no answer" in heard.problem.vendor_words
    worker.stop()


def test_all_share_one_child_and_the_last_to_leave_ends_it() -> None:
    first, second = sphinx_worker.acquire(), sphinx_worker.acquire()
    assert first is second
    pid = first.pid
    assert pid is not None
    sphinx_worker.release()
    assert first.pid == pid
    sphinx_worker.release()
    assert first.pid is None
    assert not psutil.pid_exists(pid)


def test_the_child_dies_with_a_parent_that_is_killed() -> None:
    code = (
        "from speakdesk.pipeline.offline.sphinx_worker import acquire\n"
        "worker = acquire()\n"
        "worker.ready.wait(30)\n"
        "print(worker.pid, flush=True)\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
        child.wait(timeout=10)
    assert not child.is_running()


def test_the_child_ignores_the_terminals_interrupt(worker: SphinxWorker) -> None:
    assert worker.pid is not None
    worker.ready.wait(30)
    pid = worker.pid
    os.kill(pid, signal.SIGINT)
    assert Listening(worker).result(spoken("what do we do on monday morning"))
    assert worker.pid == pid


def test_the_childs_code_needs_nothing_of_the_application() -> None:
    source = Path(sphinx_process.__file__).read_text(encoding="utf-8")
    assert not re.search(r"^\s*(?:from|import) (?:speakdesk|pipecat|PySide6|numpy)", source, re.M)

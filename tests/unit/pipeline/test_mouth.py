"""The pace of outgoing sound, on a clock handed in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from speakdesk.pipeline.mouth import CHUNK_S, LEAD_S, Mouth

RATE = 16000


def _second(seconds: float = 1.0) -> bytes:
    return bytes(round(RATE * seconds) * 2)


def _drain(mouth: Mouth[str], now: float) -> list[bytes]:
    pieces = []
    while (piece := mouth.take_chunk(now)) is not None:
        pieces.append(piece)
    return pieces


def test_fills_the_lead_at_once_and_then_keeps_real_time() -> None:
    mouth: Mouth[str] = Mouth(RATE)
    mouth.add(_second(10))
    assert len(_drain(mouth, 5.0)) == int((LEAD_S + 1e-9) / CHUNK_S)
    sent_at = []
    now = 5.0
    while mouth.pending:
        next_s = mouth.next_chunk_at_s(now)
        assert next_s is not None
        now = next_s
        assert len(_drain(mouth, now)) == 1
        sent_at.append(now)
        assert mouth.on_wire_s(now) <= LEAD_S + 1e-6
    assert abs(sent_at[-1] - (15.0 - LEAD_S)) < CHUNK_S


def test_a_late_sender_catches_up_to_the_lead_and_not_beyond() -> None:
    mouth: Mouth[str] = Mouth(RATE)
    mouth.add(_second(10))
    _drain(mouth, 0.0)
    assert abs(len(_drain(mouth, 0.09)) - 0.09 / CHUNK_S) <= 1
    # After a gap the clock begins anew: the second that was missed is not sent in a burst.
    assert len(_drain(mouth, 2.0)) == int((LEAD_S + 1e-9) / CHUNK_S)


def test_marks_come_out_between_the_right_samples() -> None:
    mouth: Mouth[str] = Mouth(RATE)
    mouth.mark("begin")
    mouth.add(_second(2 * CHUNK_S))
    mouth.mark("middle")
    mouth.add(_second(2 * CHUNK_S))
    mouth.mark("end")
    mouth.complete()
    assert mouth.due_marks() == ["begin"]
    mouth.take_chunk(0)
    assert mouth.due_marks() == []
    mouth.take_chunk(0)
    assert mouth.due_marks() == ["middle"]
    for i in range(1, 5):
        mouth.take_chunk(i)
    assert mouth.due_marks() == ["end"]


def test_marks_beyond_the_sound_come_with_its_end() -> None:
    mouth: Mouth[str] = Mouth(RATE)
    mouth.add(_second(CHUNK_S))
    mouth.mark("late word", position=10**6)
    mouth.settle_marks()
    mouth.mark("stop")
    mouth.take_chunk(0)
    assert mouth.due_marks() == ["late word", "stop"]


def test_holding_loses_nothing_and_dropping_loses_all() -> None:
    mouth: Mouth[str] = Mouth(RATE)
    mouth.add(_second(1))
    _drain(mouth, 0)
    mouth.is_held = True
    assert _drain(mouth, 1) == []
    mouth.is_held = False
    sent = mouth.sent
    assert sum(len(p) for p in _drain(mouth, 2)) > 0
    assert mouth.sent > sent
    mouth.mark("end")
    assert mouth.drop() == ["end"]
    assert mouth.pending == 0
    assert _drain(mouth, 3) == []


def test_a_short_rest_leaves_only_at_the_end_or_before_a_gap() -> None:
    mouth: Mouth[str] = Mouth(RATE)
    whole = round(CHUNK_S * RATE)
    mouth.add(_second(2.5 * CHUNK_S))
    assert [len(p) // 2 for p in _drain(mouth, 0)] == [whole, whole]
    assert mouth.next_chunk_at_s(0) == 2 * CHUNK_S - CHUNK_S
    mouth.complete()
    assert [len(p) // 2 for p in _drain(mouth, 0.0)] == [whole // 2]


@given(st.lists(st.integers(0, 5000), max_size=30), st.integers(1, 3000))
def test_every_sample_leaves_once_and_in_order(sizes: list[int], start: int) -> None:
    mouth: Mouth[str] = Mouth(RATE)
    whole = b""
    for i, size in enumerate(sizes):
        piece = bytes([(start + i) % 251, i % 7]) * size
        whole += piece
        mouth.add(piece)
    mouth.complete()
    out, now = b"", 0.0
    while mouth.pending:
        out += b"".join(_drain(mouth, now))
        now += 0.03
    assert out == whole

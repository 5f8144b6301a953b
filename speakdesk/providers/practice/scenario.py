"""What a practice meeting is like: how it admits, what goes wrong in it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Fault:
    """An answer of the practice server that replaces the real one, `times` times.

    `method` and `path` (a part of it) narrow down which request; empty means any. With `body` the
    text is sent as it is instead of the v2 error envelope. `drop` breaks the connection off with
    half an answer.
    """

    http_status: int = 500
    code: str = "FST_ERR_INTERNAL"
    message: str = "The practice room was asked to fail."
    retry_after_s: int | None = None
    method: str = ""
    path: str = ""
    times: int = 1
    body: str | None = None
    drop: bool = False

    def fits(self, method: str, path: str) -> bool:
        """True where this request is meant."""
        return self.method in ("", method) and self.path in path and self.times > 0


@dataclass(slots=True)
class Scenario:
    """The knobs of a practice meeting; they may be turned while it runs.

    `lobby_s` None keeps bots in the lobby until `PracticeRoom.admit`. `refuse` turns each bot away
    when its time in the lobby is over. `echo_gain` sends a bot its own voice back, 0..1, after
    `echo_delay_s`. `crosstalk`, where not empty, is said by another participant
    `crosstalk_after_s` into whatever a scripted person says. `reconnect_scale` stretches or
    shortens the bot's 1, 2, 4 … 60 s between attempts to dial. `repeat_handshake` sends the
    handshake again before the first sound, with a start time (contracts/meetingbaas.md §3.2).
    `speaking_level` is the loudness (RMS, 0..1) above which somebody counts as speaking.
    """

    joining_s: float = 0.0
    lobby_s: float | None = 0.0
    refuse: bool = False
    echo_gain: float = 0.0
    echo_delay_s: float = 0.2
    crosstalk: str = ""
    crosstalk_name: str = "Guest"
    crosstalk_after_s: float = 0.4
    chat_disabled: bool = False
    reconnect_scale: float = 1.0
    repeat_handshake: bool = False
    speaking_level: float = 0.004
    faults: list[Fault] = field(default_factory=list)

    def take_fault(self, method: str, path: str) -> Fault | None:
        """The next fault that is meant for this request, counted down."""
        for fault in self.faults:
            if fault.fits(method, path):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

"""The child process that hears: PocketSphinx behind two pipes.

It holds the interpreter lock for 200 ms and more at a time, so it lives apart from the application.
Run as a file (or `main()` from a frozen application), it imports the standard library and
PocketSphinx only, ends with its parent (end of file on stdin), and never writes on stdout but
messages. Each message, both ways: one byte of kind, four of utterance, four of length (big endian),
then the body.

To the child: `B` begin (body: the stream's name, whose loudness and colour are remembered),
`A` audio (s16le mono 16 kHz), `E` end, `D` drop, `W` words to learn (lines of `word PHONES`).
From the child: `R` ready, `P` partial text, `F` final text, `X` what went wrong (then it ends).
"""

from __future__ import annotations

import array
import math
import os
import random
import signal
import struct
import sys
from collections.abc import Callable
from typing import IO, Any

RATE_HZ = 16000
HEADER = struct.Struct(">cII")
BEGIN, AUDIO, END, DROP, WORDS = b"B", b"A", b"E", b"D", b"W"
READY, PARTIAL, FINAL, TROUBLE = b"R", b"P", b"F", b"X"
LONGEST_BODY = 1 << 24

_DECODERS = 3
_PARTIAL_BYTES = int(RATE_HZ * 0.4) * 2
# A pass over the whole utterance follows its end; this keeps that wait short.
_LONGEST_BYTES = RATE_HZ * 2 * 20
_STREAMS = 64
# The model was trained on rooms, not on digital silence: a faint hiss raises the share of words
# heard rightly in spoken-by-machine sentences from 0.48 to 0.67.
_HISS = 65
_HISS_SAMPLES = 1 << 14
# Cepstral means of machine-spoken sentences. PocketSphinx's own start (40,3,-1) costs a new stream
# nearly half of its first words; a voice far from both is heard a second time with its own means.
_FIRST_COLOUR = "58.91,-3.04,-0.67,9.93,-11.91,0.23,-7.24,-9.08,-4.94,-1.66,2.25,-2.04,0.34"
_FAR = 30.0
_COLOUR_BYTES = RATE_HZ
_NOT_SPEECH = frozenset({"a", "ah", "and", "eh", "er", "huh", "of", "oh", "the", "uh", "um"})


def read_message(pipe: IO[bytes]) -> tuple[bytes, int, bytes] | None:
    """The next kind, utterance and body; None at the end of the pipe or in the middle of one."""
    header = pipe.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    kind, utterance, length = HEADER.unpack(header)
    if length > LONGEST_BODY:
        return None
    body = pipe.read(length) if length else b""
    return (kind, utterance, body) if len(body) == length else None


class _Utterance:
    """One stretch of speech on one decoder."""

    def __init__(self, decoder: Any, stream: str, colour: str | None) -> None:
        self.decoder = decoder
        self.stream = stream
        # Kept while it may have to be heard a second time.
        self.audio: list[bytes] | None = [] if colour is None else None
        self.text: list[str] = []
        self.fed = self.since_partial = 0
        self.last_partial = ""
        decoder.set_cmn(colour or _FIRST_COLOUR)
        decoder.start_utt()

    def hypothesis(self) -> str:
        found = self.decoder.hyp()
        words = found.hypstr.split() if found is not None else []
        return " ".join(word.partition("(")[0] for word in words)

    def partial(self) -> str:
        return " ".join([*self.text, self.hypothesis()]).strip()

    def hear(self, pcm: bytes) -> None:
        self.decoder.process_raw(pcm)
        self.fed += len(pcm)
        self.since_partial += len(pcm)
        if self.audio is not None:
            self.audio.append(pcm)

    def close(self) -> None:
        self.decoder.end_utt()
        if self.audio and self.fed >= _COLOUR_BYTES:
            colour = self.decoder.get_cmn(True)
            if _distance(colour, _FIRST_COLOUR) > _FAR:
                self.decoder.set_cmn(colour)
                self.decoder.start_utt()
                for pcm in self.audio:
                    self.decoder.process_raw(pcm)
                self.decoder.end_utt()
        self.audio = None
        if found := self.hypothesis():
            self.text.append(found)


class Ear:
    """All utterances of the process over a small pool of decoders; what finds none free waits."""

    def __init__(
        self, new_decoder: Callable[[], Any], send: Callable[[bytes, int, str], None]
    ) -> None:
        self._new_decoder = new_decoder
        self._send = send
        self._idle = [new_decoder()]
        self._made = 1
        self._words: list[tuple[str, str]] = []
        self._taught: dict[int, int] = {}
        self._open: dict[int, _Utterance] = {}
        self._waiting: dict[int, list[tuple[bytes, bytes]]] = {}
        self._colours: dict[str, str] = {}
        noise = random.Random(1)
        self._hiss = array.array("h", (round(noise.gauss(0, _HISS)) for _ in range(_HISS_SAMPLES)))
        self._hiss_at = 0

    def take(self, kind: bytes, utterance: int, body: bytes) -> None:
        """Act on one message of the parent."""
        if kind == WORDS:
            self._learn(body.decode())
        elif kind == BEGIN:
            self._begin(utterance, body)
        elif utterance in self._waiting:
            if kind == DROP:
                del self._waiting[utterance]
            else:
                self._waiting[utterance].append((kind, body))
        elif utterance in self._open:
            if kind == AUDIO:
                self._hear(utterance, body)
            else:
                self._end(utterance, is_wanted=kind == END)

    def _begin(self, utterance: int, body: bytes) -> None:
        if not self._idle and self._made < _DECODERS:
            self._idle.append(self._new_decoder())
            self._made += 1
        if not self._idle:
            self._waiting[utterance] = [(BEGIN, body)]
            return
        stream = body.decode()
        decoder = self._idle.pop()
        self._teach(decoder)
        self._open[utterance] = _Utterance(decoder, stream, self._colours.get(stream))

    def _hear(self, utterance: int, pcm: bytes) -> None:
        one = self._open[utterance]
        one.hear(self._with_hiss(pcm))
        if one.fed >= _LONGEST_BYTES:
            one.close()
            one.fed = 0
            one.decoder.start_utt()
        if one.since_partial >= _PARTIAL_BYTES:
            one.since_partial = 0
            text = one.partial()
            if text and text != one.last_partial:
                one.last_partial = text
                self._send(PARTIAL, utterance, text)

    def _end(self, utterance: int, *, is_wanted: bool) -> None:
        one = self._open.pop(utterance)
        one.close()
        if is_wanted:
            if one.fed >= _COLOUR_BYTES:
                self._colours.pop(one.stream, None)
                self._colours[one.stream] = one.decoder.get_cmn(True)
            while len(self._colours) > _STREAMS:
                del self._colours[next(iter(self._colours))]
            words = " ".join(one.text).split()
            self._send(FINAL, utterance, " ".join(words) if set(words) - _NOT_SPEECH else "")
        self._idle.append(one.decoder)
        if self._waiting:
            following = next(iter(self._waiting))
            for kind, body in self._waiting.pop(following):
                self.take(kind, following, body)

    def _learn(self, lines: str) -> None:
        known = {word for word, _ in self._words}
        for line in lines.split("\n"):
            word, _, phones = line.partition(" ")
            if word and phones and word not in known:
                self._words.append((word, phones))
                known.add(word)
        for decoder in self._idle:
            self._teach(decoder)

    def _teach(self, decoder: Any) -> None:
        new = self._words[self._taught.get(id(decoder), 0) :]
        self._taught[id(decoder)] = len(self._words)
        unknown = [(word, phones) for word, phones in new if decoder.lookup_word(word) is None]
        for index, (word, phones) in enumerate(unknown):
            decoder.add_word(word, phones, index == len(unknown) - 1)

    def _with_hiss(self, pcm: bytes) -> bytes:
        samples = array.array("h", pcm[: len(pcm) & ~1])
        at = self._hiss_at
        if at + len(samples) > _HISS_SAMPLES:
            at = 0
        hiss = self._hiss[at : at + len(samples)]
        self._hiss_at = at + len(hiss)
        mixed = [a + b for a, b in zip(samples, hiss, strict=False)]
        if mixed and (max(mixed) > 32767 or min(mixed) < -32768):
            mixed = [min(max(value, -32768), 32767) for value in mixed]
        return array.array("h", mixed).tobytes() + samples[len(mixed) :].tobytes()


def _distance(colour: str, other: str) -> float:
    pairs = zip(colour.split(","), other.split(","), strict=False)
    return math.dist(*zip(*((float(a), float(b)) for a, b in pairs), strict=True))


def _new_decoder() -> Any:
    import pocketsphinx

    return pocketsphinx.Decoder(loglevel="FATAL", maxhmmpf=6000)


def main() -> int:
    """Serve the parent until it is gone. 0 at the end of stdin, 1 where PocketSphinx failed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe_out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    pipe_in = sys.stdin.buffer

    def send(kind: bytes, utterance: int, text: str) -> None:
        body = text.encode()
        pipe_out.write(HEADER.pack(kind, utterance, len(body)) + body)
        pipe_out.flush()

    try:
        try:
            ear = Ear(_new_decoder, send)
            send(READY, 0, "")
            while (message := read_message(pipe_in)) is not None:
                ear.take(*message)
        except (ImportError, RuntimeError, ValueError) as error:
            send(TROUBLE, 0, f"{type(error).__name__}: {error}")
            return 1
    except BrokenPipeError:
        return 0
    return 0


if __name__ == "__main__":
    # Interpreter shutdown would flush into pipes that the parent may have closed.
    os._exit(main())

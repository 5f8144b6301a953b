"""Records as the bytes of `protobufs/speakdesk.proto`, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from protobufs import speakdesk_pb2 as pb
from speakdesk.store.flight.format import (
    AudioDiscarded,
    AudioIn,
    AudioOut,
    Ended,
    EventRecord,
    Header,
    Kind,
    LogRecord,
    Record,
    Service,
    SocketChange,
    SocketRecord,
    Unknown,
)
from speakdesk.store.flight.sound import LONGEST_BLOCK_S, Packing, Sound

_NS = 1_000_000_000
# A float of seconds tells nanoseconds apart up to here: 104 days.
_LATEST_NS = 2**53
_RATES_HZ = range(1000, 400_001)

_CHANGES = {
    SocketChange.UNKNOWN: pb.SOCKET_CHANGE_UNKNOWN,
    SocketChange.OPENED: pb.SOCKET_CHANGE_OPENED,
    SocketChange.CLOSED: pb.SOCKET_CHANGE_CLOSED,
    SocketChange.REFUSED: pb.SOCKET_CHANGE_REFUSED,
}
_CHANGE_OF: Mapping[int, SocketChange] = {int(number): c for c, number in _CHANGES.items()}


class Unreadable(ValueError):
    """A payload that is whole and still no record of this format."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A record as bytes: `head` first, which is a record by itself without the packed sound."""

    kind: int
    at_ns: int
    head: bytes
    body: bytes = b""


def encode(record: Record) -> Encoded:
    """A record's bytes. Sound longer than `LONGEST_BLOCK_S` raises ValueError."""
    at_ns = max(0, round(record.at_s * _NS))
    message = pb.Record(at_ns=at_ns)
    body = b""
    match record:
        case Unknown():
            message.ParseFromString(record.payload)
            message.at_ns = at_ns
            return Encoded(record.kind, at_ns, message.SerializeToString())
        case Header():
            _write_header(message.header, record)
            kind = Kind.HEADER
        case AudioIn():
            message.audio_in.speakers.extend(map(_text, record.speakers))
            _write_sound(message.audio_in.sound, record.sound)
            body = _body("audio_in", record.sound)
            kind = Kind.AUDIO_IN
        case AudioOut():
            _write_sound(message.audio_out.sound, record.sound)
            body = _body("audio_out", record.sound)
            kind = Kind.AUDIO_OUT
        case AudioDiscarded():
            message.audio_discarded.cut_ns = max(0, round(record.cut_s * _NS))
            _write_sound(message.audio_discarded.sound, record.sound)
            body = _body("audio_discarded", record.sound)
            kind = Kind.AUDIO_DISCARDED
        case EventRecord():
            message.event.json = json.dumps(dict(record.data), separators=(",", ":"))
            kind = Kind.EVENT
        case SocketRecord():
            message.socket.change = _CHANGES[record.change]
            message.socket.rate_hz = record.rate_hz
            message.socket.code = record.code
            message.socket.reason = _text(record.reason)
            kind = Kind.SOCKET
        case LogRecord():
            message.log.level = _text(record.level)
            message.log.source = _text(record.source)
            message.log.text = _text(record.text)
            kind = Kind.LOG
        case Ended():
            message.ended.why = _text(record.why)
            kind = Kind.ENDED
    return Encoded(kind, at_ns, message.SerializeToString(), body)


def decode(kind: int, payload: bytes) -> Record:
    """The record of a payload, or of its head, whose sound then has no samples to unpack.

    Raises Unreadable.
    """
    message = pb.Record()
    try:
        message.ParseFromString(payload)
    except DecodeError as e:
        raise Unreadable("the record cannot be read") from e
    if message.at_ns >= _LATEST_NS:
        raise Unreadable("the record's time makes no sense")
    at_s = message.at_ns / _NS
    what = message.WhichOneof("what")
    reader = _READERS.get(what) if what is not None else None
    if reader is None:
        if kind in _KINDS:
            raise Unreadable("the record is not what it says it is")
        return Unknown(at_s, kind, payload)
    if pb.Record.DESCRIPTOR.fields_by_name[str(what)].number != kind:
        raise Unreadable("the record is not what it says it is")
    return reader(at_s, message)


_KINDS = frozenset(int(k) for k in Kind)


def _text(text: str) -> str:
    """Text that protobuf takes: half of a surrogate pair is none."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _write_header(out: pb.Header, header: Header) -> None:
    out.format_major, out.format_minor = header.format_major, header.format_minor
    out.application, out.started = _text(header.application), _text(header.started)
    out.bot_id, out.bot_name = _text(header.bot_id), _text(header.bot_name)
    out.persona, out.persona_hash = _text(header.persona), _text(header.persona_hash)
    out.provider, out.meeting = _text(header.provider), _text(header.meeting)
    out.meeting_id, out.greeting = _text(header.meeting_id), _text(header.greeting)
    out.rate_hz, out.names_are_hidden = header.rate_hz, header.names_are_hidden
    out.cut_from_s = header.cut_from_s
    out.edits.extend(map(_text, header.edits))
    for place, service in ((out.stt, header.stt), (out.llm, header.llm), (out.tts, header.tts)):
        if service is not None:
            place.key, place.model = _text(service.key), _text(service.model)
            place.voice, place.language = _text(service.voice), _text(service.language)


def _write_sound(out: pb.Sound, sound: Sound) -> None:
    if sound.seconds > LONGEST_BLOCK_S:
        raise ValueError(f"{sound.seconds:.2f} s of sound in one record")
    out.rate_hz, out.samples = sound.rate_hz, sound.samples
    out.packing = _PACKINGS[sound.packing]
    out.piece_samples.extend(sound.pieces)
    out.piece_late_us.extend(sound.late_us)
    out.peaks = sound.peaks


_PACKINGS = {
    Packing.SILENCE: pb.PACKING_SILENCE,
    Packing.FLAC: pb.PACKING_FLAC,
    Packing.PCM: pb.PACKING_PCM,
}


def _body(field: str, sound: Sound) -> bytes:
    """The second half of a record with sound: only what is packed."""
    if not sound.packed:
        return b""
    half = pb.Record()
    getattr(half, field).sound.packed = sound.packed
    return half.SerializeToString()


def _sound(message: pb.Sound) -> Sound:
    rate_hz, samples = message.rate_hz, message.samples
    if rate_hz not in _RATES_HZ or samples > rate_hz * LONGEST_BLOCK_S:
        raise Unreadable("the record's sound makes no sense")
    try:
        packing = Packing(message.packing)
    except ValueError as e:
        raise Unreadable("the record's sound is packed in a way not known here") from e
    return Sound(
        rate_hz,
        samples,
        packing,
        message.packed,
        tuple(message.piece_samples),
        tuple(message.piece_late_us),
        message.peaks,
    )


def _read_header(at_s: float, message: pb.Record) -> Header:
    m = message.header
    return Header(
        application=m.application,
        started=m.started,
        bot_id=m.bot_id,
        bot_name=m.bot_name,
        persona=m.persona,
        persona_hash=m.persona_hash,
        provider=m.provider,
        meeting=m.meeting,
        meeting_id=m.meeting_id,
        stt=_service(m.stt) if m.HasField("stt") else None,
        llm=_service(m.llm) if m.HasField("llm") else None,
        tts=_service(m.tts) if m.HasField("tts") else None,
        rate_hz=m.rate_hz,
        greeting=m.greeting,
        names_are_hidden=m.names_are_hidden,
        cut_from_s=m.cut_from_s,
        edits=tuple(m.edits),
        format_major=m.format_major,
        format_minor=m.format_minor,
        at_s=at_s,
    )


def _service(message: pb.Service) -> Service:
    return Service(message.key, message.model, message.voice, message.language)


def _read_event(at_s: float, message: pb.Record) -> EventRecord:
    try:
        data = json.loads(message.event.json)
    except (ValueError, RecursionError) as e:
        raise Unreadable("the event is no JSON") from e
    if not isinstance(data, dict):
        raise Unreadable("the event is no JSON object")
    return EventRecord(at_s, data)


def _read_socket(at_s: float, message: pb.Record) -> SocketRecord:
    m = message.socket
    change = _CHANGE_OF.get(int(m.change), SocketChange.UNKNOWN)
    return SocketRecord(at_s, change, m.rate_hz, m.code, m.reason)


_READERS: Mapping[str, Callable[[float, pb.Record], Record]] = {
    "header": _read_header,
    "audio_in": lambda at_s, m: AudioIn(at_s, _sound(m.audio_in.sound), tuple(m.audio_in.speakers)),
    "audio_out": lambda at_s, m: AudioOut(at_s, _sound(m.audio_out.sound)),
    "audio_discarded": lambda at_s, m: AudioDiscarded(
        at_s, _sound(m.audio_discarded.sound), m.audio_discarded.cut_ns / _NS
    ),
    "event": _read_event,
    "socket": _read_socket,
    "log": lambda at_s, m: LogRecord(at_s, m.log.level, m.log.source, m.log.text),
    "ended": lambda at_s, m: Ended(at_s, m.ended.why),
}

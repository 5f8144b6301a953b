from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Packing(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PACKING_SILENCE: _ClassVar[Packing]
    PACKING_FLAC: _ClassVar[Packing]
    PACKING_PCM: _ClassVar[Packing]

class SocketChange(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SOCKET_CHANGE_UNKNOWN: _ClassVar[SocketChange]
    SOCKET_CHANGE_OPENED: _ClassVar[SocketChange]
    SOCKET_CHANGE_CLOSED: _ClassVar[SocketChange]
    SOCKET_CHANGE_REFUSED: _ClassVar[SocketChange]
PACKING_SILENCE: Packing
PACKING_FLAC: Packing
PACKING_PCM: Packing
SOCKET_CHANGE_UNKNOWN: SocketChange
SOCKET_CHANGE_OPENED: SocketChange
SOCKET_CHANGE_CLOSED: SocketChange
SOCKET_CHANGE_REFUSED: SocketChange

class Record(_message.Message):
    __slots__ = ("at_ns", "header", "audio_in", "audio_out", "audio_discarded", "event", "socket", "log", "ended")
    AT_NS_FIELD_NUMBER: _ClassVar[int]
    HEADER_FIELD_NUMBER: _ClassVar[int]
    AUDIO_IN_FIELD_NUMBER: _ClassVar[int]
    AUDIO_OUT_FIELD_NUMBER: _ClassVar[int]
    AUDIO_DISCARDED_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    SOCKET_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    at_ns: int
    header: Header
    audio_in: AudioIn
    audio_out: AudioOut
    audio_discarded: AudioDiscarded
    event: Event
    socket: Socket
    log: LogLine
    ended: Ended
    def __init__(self, at_ns: _Optional[int] = ..., header: _Optional[_Union[Header, _Mapping]] = ..., audio_in: _Optional[_Union[AudioIn, _Mapping]] = ..., audio_out: _Optional[_Union[AudioOut, _Mapping]] = ..., audio_discarded: _Optional[_Union[AudioDiscarded, _Mapping]] = ..., event: _Optional[_Union[Event, _Mapping]] = ..., socket: _Optional[_Union[Socket, _Mapping]] = ..., log: _Optional[_Union[LogLine, _Mapping]] = ..., ended: _Optional[_Union[Ended, _Mapping]] = ...) -> None: ...

class Header(_message.Message):
    __slots__ = ("format_major", "format_minor", "application", "started", "bot_id", "bot_name", "persona", "persona_hash", "provider", "meeting", "meeting_id", "stt", "llm", "tts", "rate_hz", "names_are_hidden", "cut_from_s", "greeting", "edits")
    FORMAT_MAJOR_FIELD_NUMBER: _ClassVar[int]
    FORMAT_MINOR_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    BOT_ID_FIELD_NUMBER: _ClassVar[int]
    BOT_NAME_FIELD_NUMBER: _ClassVar[int]
    PERSONA_FIELD_NUMBER: _ClassVar[int]
    PERSONA_HASH_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MEETING_FIELD_NUMBER: _ClassVar[int]
    MEETING_ID_FIELD_NUMBER: _ClassVar[int]
    STT_FIELD_NUMBER: _ClassVar[int]
    LLM_FIELD_NUMBER: _ClassVar[int]
    TTS_FIELD_NUMBER: _ClassVar[int]
    RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    NAMES_ARE_HIDDEN_FIELD_NUMBER: _ClassVar[int]
    CUT_FROM_S_FIELD_NUMBER: _ClassVar[int]
    GREETING_FIELD_NUMBER: _ClassVar[int]
    EDITS_FIELD_NUMBER: _ClassVar[int]
    format_major: int
    format_minor: int
    application: str
    started: str
    bot_id: str
    bot_name: str
    persona: str
    persona_hash: str
    provider: str
    meeting: str
    meeting_id: str
    stt: Service
    llm: Service
    tts: Service
    rate_hz: int
    names_are_hidden: bool
    cut_from_s: float
    greeting: str
    edits: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, format_major: _Optional[int] = ..., format_minor: _Optional[int] = ..., application: _Optional[str] = ..., started: _Optional[str] = ..., bot_id: _Optional[str] = ..., bot_name: _Optional[str] = ..., persona: _Optional[str] = ..., persona_hash: _Optional[str] = ..., provider: _Optional[str] = ..., meeting: _Optional[str] = ..., meeting_id: _Optional[str] = ..., stt: _Optional[_Union[Service, _Mapping]] = ..., llm: _Optional[_Union[Service, _Mapping]] = ..., tts: _Optional[_Union[Service, _Mapping]] = ..., rate_hz: _Optional[int] = ..., names_are_hidden: _Optional[bool] = ..., cut_from_s: _Optional[float] = ..., greeting: _Optional[str] = ..., edits: _Optional[_Iterable[str]] = ...) -> None: ...

class Service(_message.Message):
    __slots__ = ("key", "model", "voice", "language")
    KEY_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    key: str
    model: str
    voice: str
    language: str
    def __init__(self, key: _Optional[str] = ..., model: _Optional[str] = ..., voice: _Optional[str] = ..., language: _Optional[str] = ...) -> None: ...

class Sound(_message.Message):
    __slots__ = ("rate_hz", "samples", "packing", "piece_samples", "piece_late_us", "peaks", "packed")
    RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    PACKING_FIELD_NUMBER: _ClassVar[int]
    PIECE_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    PIECE_LATE_US_FIELD_NUMBER: _ClassVar[int]
    PEAKS_FIELD_NUMBER: _ClassVar[int]
    PACKED_FIELD_NUMBER: _ClassVar[int]
    rate_hz: int
    samples: int
    packing: Packing
    piece_samples: _containers.RepeatedScalarFieldContainer[int]
    piece_late_us: _containers.RepeatedScalarFieldContainer[int]
    peaks: bytes
    packed: bytes
    def __init__(self, rate_hz: _Optional[int] = ..., samples: _Optional[int] = ..., packing: _Optional[_Union[Packing, str]] = ..., piece_samples: _Optional[_Iterable[int]] = ..., piece_late_us: _Optional[_Iterable[int]] = ..., peaks: _Optional[bytes] = ..., packed: _Optional[bytes] = ...) -> None: ...

class AudioIn(_message.Message):
    __slots__ = ("sound", "speakers")
    SOUND_FIELD_NUMBER: _ClassVar[int]
    SPEAKERS_FIELD_NUMBER: _ClassVar[int]
    sound: Sound
    speakers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, sound: _Optional[_Union[Sound, _Mapping]] = ..., speakers: _Optional[_Iterable[str]] = ...) -> None: ...

class AudioOut(_message.Message):
    __slots__ = ("sound",)
    SOUND_FIELD_NUMBER: _ClassVar[int]
    sound: Sound
    def __init__(self, sound: _Optional[_Union[Sound, _Mapping]] = ...) -> None: ...

class AudioDiscarded(_message.Message):
    __slots__ = ("sound", "cut_ns")
    SOUND_FIELD_NUMBER: _ClassVar[int]
    CUT_NS_FIELD_NUMBER: _ClassVar[int]
    sound: Sound
    cut_ns: int
    def __init__(self, sound: _Optional[_Union[Sound, _Mapping]] = ..., cut_ns: _Optional[int] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("json",)
    JSON_FIELD_NUMBER: _ClassVar[int]
    json: str
    def __init__(self, json: _Optional[str] = ...) -> None: ...

class Socket(_message.Message):
    __slots__ = ("change", "rate_hz", "code", "reason")
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    change: SocketChange
    rate_hz: int
    code: int
    reason: str
    def __init__(self, change: _Optional[_Union[SocketChange, str]] = ..., rate_hz: _Optional[int] = ..., code: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class LogLine(_message.Message):
    __slots__ = ("level", "source", "text")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    level: str
    source: str
    text: str
    def __init__(self, level: _Optional[str] = ..., source: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class Ended(_message.Message):
    __slots__ = ("why",)
    WHY_FIELD_NUMBER: _ClassVar[int]
    why: str
    def __init__(self, why: _Optional[str] = ...) -> None: ...

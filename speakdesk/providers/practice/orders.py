"""The body of `POST /v2/bots` as the practice server checks it (contracts/meetingbaas.md §2.3)."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from speakdesk.providers.practice.envelope import V2Refusal, invalid


def _url_of(*schemes: str) -> AfterValidator:
    def check(url: str) -> str:
        try:
            parts = urlsplit(url)
            fits = parts.scheme in schemes and bool(parts.hostname)
        except ValueError:
            fits = False
        if not fits or any(c.isspace() for c in url):
            raise ValueError(f"must be a URL that starts with {' or '.join(schemes)}")
        return url

    return AfterValidator(check)


_SocketUrl = Annotated[str, _url_of("ws", "wss")]
_WebUrl = Annotated[str, _url_of("http", "https")]
_ImageUrl = Annotated[str, _url_of("https", "http")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class Streaming(_Part):
    """Where the bot dials; equal URLs are one socket."""

    input_url: _SocketUrl | None = None
    output_url: _SocketUrl | None = None
    audio_frequency: Literal[16000, 24000, 32000, 48000] | None = 24000


class Timeouts(_Part):
    """How long the bot waits, in seconds."""

    waiting_room_timeout: int = Field(600, ge=120, le=1800)
    no_one_joined_timeout: int = Field(600, ge=120, le=1800)
    silence_timeout: int = Field(600, ge=300, le=1800)
    grace_period: int = Field(0, ge=0, le=600)


class Callback(_Part):
    """Checked and otherwise not used: the practice room sends no webhooks."""

    url: _WebUrl
    secret: str | None = None
    method: Literal["POST", "PUT"] = "POST"


class CreateBot(_Part):
    """The whole body; unknown fields are ignored as the real service ignores them."""

    bot_name: str = Field(min_length=1, max_length=255)
    meeting_url: Annotated[str, _url_of("https", "practice")]
    bot_image: _ImageUrl | Annotated[list[_ImageUrl], Field(min_length=1, max_length=5)] | None = (
        None
    )
    allow_multiple_bots: bool = True
    recording_mode: Literal["audio_only", "speaker_view", "gallery_view"] = "speaker_view"
    entry_message: str | None = Field(None, max_length=500)
    timeout_config: Timeouts = Timeouts()
    extra: dict[str, Any] | None = None
    streaming_enabled: bool = False
    streaming_config: Streaming | None = None
    transcription_enabled: bool = False
    callback_enabled: bool = False
    callback_config: Callback | None = None


class ChatText(_Part):
    """The body of `send-chat-message`."""

    message: str = Field(min_length=1, max_length=500)


def checked(model: type[CreateBot], body: Any) -> CreateBot:
    """The body as a `CreateBot`. Raises V2Refusal (400) that names every wrong field."""
    try:
        return model.model_validate(body)
    except ValidationError as e:
        raise refusal(e) from e


def checked_chat(body: Any) -> str:
    """The chat text. Raises V2Refusal (400)."""
    try:
        return ChatText.model_validate(body).message
    except ValidationError as e:
        raise refusal(e) from e


def refusal(error: ValidationError) -> V2Refusal:
    """Every wrong field and why, in one sentence each, without the values sent."""
    told = []
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        where = "/".join(str(step) for step in item["loc"])
        told.append(f"body/{where} {item['msg']}" if where else f"body {item['msg']}")
    return invalid(", ".join(told))

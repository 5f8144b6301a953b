"""The log: no secrets, no conversations, and it works without a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loguru import logger

from speakdesk.domain.events import LogLine
from speakdesk.logs import configure_logs
from speakdesk.store.redaction import KNOWN_SECRETS, KnownSecrets


@pytest.fixture
def lines() -> Iterator[list[LogLine]]:
    collected: list[LogLine] = []
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure_logs("debug", to_stderr=False, emit=collected.append)
    yield collected
    logger.remove()
    root.handlers[:] = handlers
    root.setLevel(level)


SECRETS = {
    "https://us02web.zoom.us/j/81234567890?pwd=hushhush.1": "hushhush",
    "https://teams.microsoft.com/meet/123456?p=hushhush": "hushhush",
    "redirect=https%3A%2F%2Fzoom.us%2Fj%2F1%3Fpwd%3Dhushhush": "hushhush",
    "wss://desk.example/ws/bot-1/hushhush-secret dialled": "hushhush",
    "POST /webhooks/meetingbaas/hushhush 200": "hushhush",
    "Authorization: Bearer hushhush": "hushhush",
    "headers={'authorization': 'Token hushhush', 'a': 'b'}": "hushhush",
    "Headers([('authorization', 'Basic hushhush')])": "hushhush",
    "{'x-meeting-baas-api-key': 'hushhush'}": "hushhush",
    "('x-gladia-key', 'hushhush')": "hushhush",
    "x-api-key: hushhush": "hushhush",
    "OPENAI_API_KEY=hushhush": "hushhush",
    "https://me:hushhush@host/path": "hushhush",
    "wss://api.example/v1?token=hushhush&lang=en": "hushhush",
    "Incorrect API key provided: sk-hushhushhushhush": "hushhush",
    "Passcode: hushhush": "hushhush",
    "Meeting password = hushhush": "hushhush",
}


@pytest.mark.parametrize("text", SECRETS)
def test_what_looks_like_a_secret_is_hidden(text: str, lines: list[LogLine]) -> None:
    logger.info("{}", text)
    assert SECRETS[text] not in lines[-1].text
    assert "•••" in lines[-1].text


@pytest.mark.parametrize(
    "text",
    [
        "bot joined zoom 81234567890, persona interviewer",
        "https://meet.google.com/abc-defg-hij?authuser=0",
        "turn 3: 812 ms, p=0.3, the token count is 17",
        "GET /ws/status",
        "basic authentication is not used",
    ],
)
def test_ordinary_lines_stay_as_they_are(text: str) -> None:
    assert KnownSecrets().redact(text) == text


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_known_secret_never_gets_through(before: str, after: str) -> None:
    known = KnownSecrets()
    known.add("Tr0ub4dor&3")
    assert "Tr0ub4dor&3" not in known.redact(f"{before}Tr0ub4dor&3{after}")


def test_tracebacks_are_plain_and_redacted(lines: list[LogLine]) -> None:
    local_value = "what Priya said"
    try:
        raise ValueError("refused: Authorization: Bearer hushhush")
    except ValueError:
        logger.exception("the call failed")
    assert "Traceback" in lines[-1].text
    assert "hushhush" not in lines[-1].text
    assert local_value not in lines[-1].text
    assert lines[-1].level == "error"


def as_pipecat(level: str, text: str) -> None:
    logger.patch(lambda r: r.update({"name": "pipecat.services.tts"})).log(level, text)  # type: ignore[call-overload]


def test_pipecat_cannot_write_conversations(lines: list[LogLine]) -> None:
    as_pipecat("DEBUG", "Generating TTS [what Priya said]")
    as_pipecat("INFO", "context: what Priya said")
    assert lines == []
    as_pipecat("WARNING", "service is no longer usable, not speaking [what\nPriya [said]]")
    as_pipecat("ERROR", "Failed to parse function call arguments: what Priya said")
    assert [line.text for line in lines] == [
        "service is no longer usable, not speaking […]",
        "Failed to parse function call arguments: …",
    ]


def test_other_libraries_come_through_from_warnings_on(lines: list[LogLine]) -> None:
    logging.getLogger("httpx").info("GET https://x")
    logging.getLogger("somelib").warning("odd: %s", "OPENAI_API_KEY=hushhush")
    assert [(line.source, line.text) for line in lines] == [("somelib", "odd: OPENAI_API_KEY=•••")]


def test_lines_know_their_bot_and_braces_are_text(lines: list[LogLine]) -> None:
    logger.bind(bot_id="b1").info("{}", "a {brace} and <tag>")
    assert (lines[-1].bot_id, lines[-1].text) == ("b1", "a {brace} and <tag>")


def test_a_program_without_a_terminal_still_logs_to_its_file(
    lines: list[LogLine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    file = tmp_path / "logs" / "speakdesk.log"
    KNOWN_SECRETS.add("file-secret-value")
    configure_logs("info", file=file)
    logger.info("started with file-secret-value")
    logger.debug("not this")
    logger.remove()
    text = file.read_text(encoding="utf-8")
    assert "started with •••" in text
    assert "not this" not in text


def test_stderr_gets_whole_lines(lines: list[LogLine], capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info")
    logger.info("hello")
    assert capsys.readouterr().err.endswith("hello\n")


def test_a_log_file_that_cannot_be_written_is_told(lines: list[LogLine], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    configure_logs("info", to_stderr=False, emit=lines.append, file=tmp_path / "file" / "x.log")
    assert "cannot be written" in lines[-1].text


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="debug, info"):
        configure_logs("loud")

"""From vendors' errors to sentences, and what is made where a plan cannot be carried out."""

from __future__ import annotations

import json

import pytest
from pipecat.frames.frames import ErrorFrame
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from speakdesk.domain.errors import Problem, Reason, SpeechError, Stage
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, Role, ServiceChoice
from speakdesk.pipeline.services.patience import VendorRefused, VendorSilent
from speakdesk.pipeline.speech import make_llm, make_stt, make_tts, problem_from_error

CARTESIA = ServiceChoice(Role.TTS, "cartesia")
ADA = Persona("ada", "Ada")


def refused_handshake(status: int, body: bytes) -> InvalidStatus:
    return InvalidStatus(Response(status, "no", Headers(), body))


@pytest.mark.parametrize(
    ("error", "reason", "words"),
    [
        (VendorRefused(401, "Bad key"), Reason.AUTHENTICATION, "Bad key"),
        (VendorRefused(402, "No credits"), Reason.QUOTA, "No credits"),
        (VendorRefused(429, "Slow down"), Reason.RATE_LIMIT, "Slow down"),
        (VendorRefused(429, "Quota exceeded"), Reason.QUOTA, "Quota exceeded"),
        (VendorRefused(404, "No such model"), Reason.NOT_FOUND, "No such model"),
        (VendorRefused(422, "Bad voice"), Reason.BAD_INPUT, "Bad voice"),
        (VendorRefused(504, "Gateway"), Reason.TIMEOUT, "Gateway"),
        (VendorRefused(500, "Oops"), Reason.UNAVAILABLE, "Oops"),
        (
            refused_handshake(403, json.dumps({"error": {"message": "Not you"}}).encode()),
            Reason.AUTHENTICATION,
            "Not you",
        ),
        (
            ConnectionClosedError(Close(1011, "NET-0001 timed out waiting"), None),
            Reason.TIMEOUT,
            "NET-0001 timed out waiting",
        ),
        (
            ConnectionClosedError(Close(1013, "try again later"), None),
            Reason.UNAVAILABLE,
            "try again later",
        ),
        (
            ConnectionClosedError(Close(1008, "invalid api key"), None),
            Reason.AUTHENTICATION,
            "invalid api key",
        ),
        (ConnectionRefusedError(111, "Connection refused"), Reason.CONNECTIVITY, "refused"),
        (json.JSONDecodeError("Expecting value", "x", 0), Reason.PROTOCOL, "Expecting value"),
        (VendorSilent(8, "sound"), Reason.TIMEOUT, ""),
        (
            ErrorFrame("Unknown error occurred: Error code: 401 - {'error': {'message': 'No.'}}"),
            Reason.AUTHENTICATION,
            "No.",
        ),
        (
            ErrorFrame("CartesiaTTSService#0 connection failed 3 times immediately"),
            Reason.CONNECTIVITY,
            "connection failed 3 times",
        ),
    ],
)
def test_every_kind_of_error_is_sorted_and_keeps_the_vendors_words(
    error: ErrorFrame | BaseException, reason: Reason, words: str
) -> None:
    problem = problem_from_error(Role.TTS, CARTESIA, error)
    assert problem.stage is Stage.SPEAK
    assert problem.reason is reason
    assert words in problem.vendor_words
    assert "Cartesia" in problem.sentence
    assert problem.sentence.endswith(".")
    assert problem.next_step.endswith(".")
    permanent = (Reason.AUTHENTICATION, Reason.QUOTA, Reason.BAD_INPUT, Reason.NOT_FOUND)
    assert problem.is_permanent == (reason in permanent)


def test_keys_never_stand_in_the_vendors_words() -> None:
    keys = Keys({"CARTESIA_API_KEY": "plain-looking-key"})
    error = VendorRefused(401, "The key plain-looking-key is wrong; X-API-Key: abcdef123456")
    problem = problem_from_error(Role.TTS, CARTESIA, error, keys)
    assert "plain-looking-key" not in str(problem)
    assert "abcdef123456" not in str(problem)


def test_trouble_of_an_offline_service_does_not_blame_the_network() -> None:
    choice = ServiceChoice(Role.STT, "sphinx")
    problem = problem_from_error(Role.STT, choice, RuntimeError("the process ended"))
    assert (problem.stage, problem.reason) == (Stage.LISTEN, Reason.CRASHED)
    assert "on this computer" in problem.sentence


def test_an_error_of_our_own_brings_its_problem_along() -> None:
    own = Problem(Stage.LISTEN, Reason.MISSING, "The model is not installed.")
    frame = ErrorFrame("hearing failed", exception=SpeechError(own))
    assert problem_from_error(Role.STT, ServiceChoice(Role.STT, "sphinx"), frame) is own


def test_a_model_the_server_does_not_have_is_named_with_its_address() -> None:
    choice = ServiceChoice(Role.LLM, "compatible", model="llama9", base_url="http://127.0.0.1:1/v1")
    problem = problem_from_error(Role.LLM, choice, VendorRefused(404, "model not found"))
    assert "“llama9” at http://127.0.0.1:1/v1" in problem.sentence


def test_a_plan_that_cannot_be_carried_out_raises_a_sentence() -> None:
    none = Keys()
    with pytest.raises(SpeechError, match="DEEPGRAM_API_KEY is not set"):
        make_stt(ServiceChoice(Role.STT, "deepgram"), none, ADA, 16000)
    with pytest.raises(SpeechError, match="There is no text-to-speech service “cartesa”"):
        make_tts(ServiceChoice(Role.TTS, "cartesa"), none, ADA, 16000)
    with pytest.raises(SpeechError, match="both an address and a model"):
        make_llm(ServiceChoice(Role.LLM, "compatible"), none, ADA)

"""Replicate, OpenAI's images and UploadThing, at the wire and with their faults."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import deque
from collections.abc import AsyncIterator

import pytest

from speakdesk.domain.errors import PersonaError, Reason, Stage
from speakdesk.domain.persona import Persona
from speakdesk.domain.picture import PNG, Picture, PictureProgress
from speakdesk.providers.pictures.openai import OpenAIPictures
from speakdesk.providers.pictures.prompt import LONGEST, picture_prompt
from speakdesk.providers.pictures.replicate import ReplicatePictures
from speakdesk.providers.pictures.uploadthing import UploadThing
from tests.standins.base import Fault
from tests.standins.openai import OpenAIStandIn
from tests.standins.replicate import ReplicateStandIn
from tests.standins.uploadthing import UploadThingStandIn

KEY = "r8_replicate_test_key_123456"
PICTURE = Picture(b"\x89PNG some pixels", PNG, 64, 64)


async def no_wait(seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
async def replicate() -> AsyncIterator[ReplicateStandIn]:
    async with ReplicateStandIn(image=b"the picture") as standin:
        yield standin


@pytest.fixture
async def painter(replicate: ReplicateStandIn) -> AsyncIterator[ReplicatePictures]:
    client = ReplicatePictures(KEY, url=replicate.base_url, sleep=no_wait)
    yield client
    await client.aclose()


async def test_replicate_draws_and_tells_how_far_it_is(
    replicate: ReplicateStandIn, painter: ReplicatePictures
) -> None:
    replicate.course = deque(
        [
            ("starting", ""),
            ("processing", "25%|##  |"),
            ("processing", "75%|### |"),
            ("succeeded", ""),
        ]
    )
    told: list[PictureProgress] = []
    assert await painter.draw("A friendly face", told.append) == b"the picture"
    assert [progress.fraction for progress in told] == [None, None, 0.25, 0.75, 1.0]
    first = replicate.requests[0]
    assert first.path == "/v1/models/black-forest-labs/flux-schnell/predictions"
    assert first.headers["Authorization"] == f"Bearer {KEY}"
    assert first.body["input"]["prompt"] == "A friendly face"


async def test_replicate_is_asked_at_its_own_address_only(
    replicate: ReplicateStandIn, painter: ReplicatePictures
) -> None:
    await painter.draw("A face")
    looked = {request.path for request in replicate.requests if request.method == "GET"}
    assert looked == {"/v1/predictions/p1", "/files/out-0.png"}


async def test_replicate_stops_what_a_person_cancels(
    replicate: ReplicateStandIn, painter: ReplicatePictures
) -> None:
    replicate.course = deque([("processing", "")])
    drawing = asyncio.ensure_future(painter.draw("A face"))
    await replicate.until(lambda: len(replicate.requests) > 2)
    drawing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drawing
    assert replicate.cancelled == ["p1"]


async def test_replicate_gives_up_after_five_minutes_and_stops_it(
    replicate: ReplicateStandIn, painter: ReplicatePictures
) -> None:
    replicate.course = deque([("starting", "")])
    with pytest.raises(PersonaError, match="within five minutes"):
        await painter.draw("A face")
    assert replicate.cancelled == ["p1"]


@pytest.mark.parametrize(
    ("course", "sentence", "words"),
    [
        (("failed", "NSFW content detected"), "filter took it for unsuitable", "NSFW"),
        (("failed", "CUDA out of memory"), "model at Replicate failed", "CUDA"),
        (("canceled", ""), "was stopped at Replicate", ""),
        (("thinking", ""), "a state SpeakDesk does not know", ""),
    ],
)
async def test_replicate_says_why_there_is_no_picture(
    replicate: ReplicateStandIn,
    painter: ReplicatePictures,
    course: tuple[str, str],
    sentence: str,
    words: str,
) -> None:
    replicate.course = deque([course])
    with pytest.raises(PersonaError, match=sentence) as caught:
        await painter.draw("A face")
    assert words in caught.value.problem.vendor_words


@pytest.mark.parametrize("prediction_id", [None, 7, "../../account", ""])
async def test_replicate_without_a_usable_id_is_an_odd_answer(
    replicate: ReplicateStandIn, painter: ReplicatePictures, prediction_id: object
) -> None:
    replicate.id = prediction_id
    with pytest.raises(PersonaError, match="which picture it is"):
        await painter.draw("A face")


@pytest.mark.parametrize(
    "output", [[], {}, 5, "file:///etc/passwd", "http://127.0.0.1:1/x", "data:image/png,abc"]
)
async def test_replicate_is_fetched_from_the_web_only(
    replicate: ReplicateStandIn, painter: ReplicatePictures, output: object
) -> None:
    replicate.output = output
    with pytest.raises(PersonaError, match="Replicate answered"):
        await painter.draw("A face")


async def test_replicate_may_hand_the_picture_out_within_the_answer(
    replicate: ReplicateStandIn, painter: ReplicatePictures
) -> None:
    replicate.output = "data:image/png;base64," + base64.b64encode(b"within").decode()
    assert await painter.draw("A face") == b"within"


@pytest.mark.parametrize(
    ("fault", "reason", "words"),
    [
        (Fault.REFUSED_KEY, Reason.AUTHENTICATION, "valid authentication token"),
        (Fault.QUOTA, Reason.QUOTA, "insufficient credit"),
        (Fault.RATE_LIMIT, Reason.RATE_LIMIT, "throttled"),
        (Fault.SERVER_ERROR, Reason.UNAVAILABLE, "unavailable"),
        (Fault.GARBAGE, Reason.PROTOCOL, ""),
        (Fault.DROP, Reason.CONNECTIVITY, ""),
    ],
)
async def test_replicate_tells_each_trouble_in_words(
    replicate: ReplicateStandIn,
    painter: ReplicatePictures,
    fault: Fault,
    reason: Reason,
    words: str,
) -> None:
    replicate.fault = fault
    with pytest.raises(PersonaError) as caught:
        await painter.draw("A face")
    problem = caught.value.problem
    assert (problem.stage, problem.reason) == (Stage.PERSONA, reason)
    assert words in problem.vendor_words
    assert KEY not in str(problem)


async def test_a_picture_is_asked_for_once_where_it_may_have_been_drawn(
    replicate: ReplicateStandIn, painter: ReplicatePictures
) -> None:
    replicate.fault = Fault.SERVER_ERROR
    with pytest.raises(PersonaError):
        await painter.draw("A face")
    assert len(replicate.requests) == 1


async def test_openai_draws() -> None:
    async with OpenAIStandIn(images=deque([b"a picture"])) as vendor:
        client = OpenAIPictures("sk-test-key-123456", url=vendor.base_url)
        assert await client.draw("A face") == b"a picture"
        await client.aclose()
    assert vendor.requests[0].body["output_format"] == "png"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.NONE, Reason.PROTOCOL),
        (Fault.REFUSED_KEY, Reason.AUTHENTICATION),
        (Fault.QUOTA, Reason.QUOTA),
        (Fault.GARBAGE, Reason.PROTOCOL),
        (Fault.DROP, Reason.CONNECTIVITY),
    ],
)
async def test_openai_tells_each_trouble_in_words(fault: Fault, reason: Reason) -> None:
    async with OpenAIStandIn(fault=fault) as vendor:
        client = OpenAIPictures("sk-test-key-123456", url=vendor.base_url, sleep=no_wait)
        with pytest.raises(PersonaError) as caught:
            await client.draw("A face")
        await client.aclose()
    assert caught.value.problem.reason is reason
    assert "OpenAI" in caught.value.problem.sentence


async def test_uploadthing_takes_the_picture_and_gives_a_public_address() -> None:
    token = base64.b64encode(json.dumps({"apiKey": "sk_live_abcdef", "appId": "x"}).encode())
    async with UploadThingStandIn() as vendor:
        client = UploadThing(token.decode(), "myapp1", url=vendor.url)
        address = await client.upload(PICTURE, "ada lovelace")
        await client.aclose()
    assert address == "https://myapp1.ufs.sh/f/key1-ada_lovelace.png"
    assert vendor.files == {"key1-ada_lovelace.png": PICTURE.data}
    prepared, put = vendor.requests
    assert prepared.headers["x-uploadthing-api-key"] == "sk_live_abcdef"
    assert prepared.body["fileSize"] == len(PICTURE.data)
    assert "x-uploadthing-api-key" not in {name.lower() for name in put.headers}


@pytest.mark.parametrize(
    "prepared",
    [
        {},
        {"key": "a/../b", "url": "https://ok.example/x"},
        {"key": "fine", "url": "http://elsewhere.example/x"},
        {"key": "fine", "url": "file:///tmp/x"},
    ],
)
async def test_uploadthing_gets_nothing_sent_elsewhere(prepared: dict[str, str]) -> None:
    async with UploadThingStandIn(prepared=prepared) as vendor:
        client = UploadThing("sk_live_abcdef", "myapp1", url=vendor.url)
        with pytest.raises(PersonaError, match="UploadThing answered without"):
            await client.upload(PICTURE, "ada")
        await client.aclose()
    assert vendor.files == {}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(Fault.REFUSED_KEY, Reason.AUTHENTICATION), (Fault.SERVER_ERROR, Reason.UNAVAILABLE)],
)
async def test_uploadthing_tells_its_trouble(fault: Fault, reason: Reason) -> None:
    async with UploadThingStandIn(fault=fault) as vendor:
        client = UploadThing("sk_live_abcdef", "myapp1", url=vendor.url, sleep=no_wait)
        with pytest.raises(PersonaError) as caught:
            await client.upload(PICTURE, "ada")
        await client.aclose()
    assert caught.value.problem.reason is reason
    assert "sk_live_abcdef" not in str(caught.value.problem)


def test_an_app_id_that_is_none_is_told() -> None:
    with pytest.raises(PersonaError, match="APP_ID"):
        UploadThing("sk_live_abcdef", "evil.example/")


def test_the_prompt_tells_who_it_is_and_wants_no_text() -> None:
    persona = Persona(
        "ada",
        "Ada",
        prompt="You are *Ada*, an interviewer.\n\nSecond paragraph.",
        characteristics=("Fair",),
        metadata={"gender": "FEMALE", "skin_tone": "Dark", "role": "Interviewer"},
    )
    prompt = picture_prompt(persona)
    for part in ("Ada, a woman with dark skin", "Interviewer", "Fair", "You are Ada", "No text"):
        assert part in prompt
    assert "Second paragraph" not in prompt


def test_the_prompt_stays_within_its_bound() -> None:
    prompt = picture_prompt("x" * 9000)
    assert len(prompt) <= LONGEST
    assert prompt.endswith("no frame.")

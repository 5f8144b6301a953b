"""The baseline process: bots as Pipecat's own documentation builds them, one pipeline a socket.

FastAPI WebSocket transport, default analyzers and turn strategies, one process, asyncio's own loop.
The log is kept at warnings, which spares the baseline Pipecat's debug lines.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys

import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import Frame, InputAudioRawFrame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.serializers.base_serializer import FrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

from tests.bench.measured.control import Control
from tests.bench.measured.marks import services

RATE_HZ = 16000


class RawSerializer(FrameSerializer):
    """Bare s16le mono in both directions."""

    async def serialize(self, frame: Frame) -> str | bytes | None:
        """Only audio leaves."""
        return frame.audio if isinstance(frame, OutputAudioRawFrame) else None

    async def deserialize(self, data: str | bytes) -> Frame | None:
        """Only binary messages are audio."""
        if isinstance(data, str):
            return None
        return InputAudioRawFrame(audio=data, sample_rate=RATE_HZ, num_channels=1)


async def run_bot(websocket: WebSocket, bot: str, answer_s: float) -> None:
    """One bot for as long as its socket is open."""
    transport = FastAPIWebsocketTransport(
        websocket,
        FastAPIWebsocketParams(
            audio_in_enabled=True, audio_out_enabled=True, serializer=RawSerializer()
        ),
    )
    stt, llm, tts = services(bot, answer_s, RATE_HZ)
    aggregators = LLMContextAggregatorPair(
        LLMContext([{"role": "system", "content": "You are a voice in a meeting."}]),
        user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer()),
    )
    pipeline = Pipeline(
        [
            transport.input(),
            stt,
            aggregators.user(),
            llm,
            tts,
            transport.output(),
            aggregators.assistant(),
        ]
    )
    worker = PipelineWorker(
        pipeline,
        params=PipelineParams(audio_in_sample_rate=RATE_HZ, audio_out_sample_rate=RATE_HZ),
    )

    async def on_client_disconnected(_transport: object, _websocket: object) -> None:
        await worker.cancel()

    transport.add_event_handler("on_client_disconnected", on_client_disconnected)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


async def main(reply_fd: int, answer_s: float) -> None:
    """Serve bots until told to quit."""
    application = FastAPI()

    @application.websocket("/ws/{bot}")
    async def carry(websocket: WebSocket, bot: str) -> None:
        await websocket.accept()
        await run_bot(websocket, bot, answer_s)

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning", loop="none"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))

    async def port() -> int:
        return int(listening.getsockname()[1])

    await Control(reply_fd, {"port": port}).serve()
    server.should_exit = True
    await asyncio.wait([serving], timeout=5)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--reply-fd", type=int, required=True)
    parser.add_argument("--answer-s", type=float, default=2.0)
    arguments = parser.parse_args()
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    asyncio.run(main(arguments.reply_fd, arguments.answer_s))

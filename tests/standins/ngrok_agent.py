"""A stand-in for the ngrok agent: pyngrok starts it, and it really forwards what comes.

Two halves. `NgrokStandIn` is what a test holds: it writes a launcher into a folder, plays faults
through a control file beside it, and reads what the agent was started with. Run as a program (by
that launcher, standard library only) this file is the agent: its command line, its log lines and
its API as ../shared/facts/pyngrok.md has them; its public address is a port on loopback.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import stat
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Read once, at the start.
AT_START = ("bad_token", "session_limit", "crash", "silent", "no_api", "old", "older", "no_network")
# Read at each request for an endpoint.
AT_CREATE = ("refuse", "garbage", "nameless")
# Played at the moment they are set.
WHILE_OPEN = ("die", "offline", "session_lost", "session_back", "mute")

VERSION = "3.39.8"
OLD_VERSION = "3.20.0"
TOKEN = "2abcDEFghiJKLmnoPQRstuVWXyz0_7hI8jK9lM0nO1pQ2rS3tU"


@dataclass
class NgrokStandIn:
    """The agent as a test sees it. `path` goes where `ngrok_path` goes.

    `set` changes the control file: `fault` (see above), `scheme` of the public address, `host`,
    `port` (0: another one at each start, so another name), `token` (the one that is accepted),
    `drop_after_s` (the agent ends by itself), `stubborn` (it ends only by force).
    """

    path: Path

    @classmethod
    def install(cls, folder: Path, **control: Any) -> NgrokStandIn:
        """Write the launcher into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "ngrok"
        path.write_text(
            f"#!{sys.executable} -IS\n"
            "import runpy, sys\n"
            f"sys.path[0] = {str(path)!r}\n"
            f"runpy.run_path({__file__!r}, run_name='__main__')\n",
            encoding="utf-8",
        )
        path.chmod(0o700)
        standin = cls(path)
        standin.set(**control)
        return standin

    def set(self, **control: Any) -> None:
        """Change the control file in one step; what is not named stays."""
        file = _control_file(self.path)
        kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        new = file.with_suffix(".new")
        new.write_text(json.dumps({**kept, **control}), encoding="utf-8")
        os.replace(new, file)

    @property
    def starts(self) -> list[dict[str, Any]]:
        """Every start: `argv`, `pid`, `config` (its text), `mode` (of the file), `environ`."""
        return self._read("starts")

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Every request to the API: `method`, `path`, `body`."""
        return self._read("requests")

    @property
    def is_running(self) -> bool:
        """True while the agent of the last start runs."""
        starts = self.starts
        if not starts:
            return False
        try:
            status = Path(f"/proc/{starts[-1]['pid']}/stat").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return status.rpartition(")")[2].split()[0] != "Z"

    def _read(self, kind: str) -> list[dict[str, Any]]:
        file = self.path.with_name(f"ngrok.{kind}.jsonl")
        if not file.exists():
            return []
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _control_file(launcher: Path) -> Path:
    return launcher.with_name("ngrok.control.json")


class Agent:
    """The program."""

    def __init__(self, launcher: Path) -> None:
        self.launcher = launcher
        self.played = ""
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.is_offline = False
        self.is_mute = False
        self.public: asyncio.Server | None = None
        self.upstream = ("127.0.0.1", 0)

    def control(self, name: str, default: Any = "") -> Any:
        """One value of the control file, as it stands now."""
        file = _control_file(self.launcher)
        return json.loads(file.read_text(encoding="utf-8")).get(name, default)

    def note(self, kind: str, entry: dict[str, Any]) -> None:
        """Keep something for the test."""
        with open(self.launcher.with_name(f"ngrok.{kind}.jsonl"), "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def log(self, level: str, message: str, **fields: str) -> None:
        """One line as the agent's `--log stdout` writes it."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime())
        shown = "".join(f" {k}={_quoted(v)}" for k, v in fields.items())
        print(f"t={at} lvl={level} msg={_quoted(message)}{shown}", flush=True)

    def fail(self, words: str) -> int:
        """End as the agent does when it cannot start."""
        self.log("eror", "terminating with error", obj="app", err=words)
        self.log("crit", "command failed", err=words)
        for line in words.splitlines():
            print(f"ERROR:  {line}", file=sys.stderr, flush=True)
        return 1

    def refusal(self, config: str) -> str:
        """Why this start is refused, in ngrok's words; empty where it is not."""
        fault = self.control("fault")
        token = re.search(r"authtoken: \"?([^\"\n]+)", config)
        given = token.group(1) if token else ""
        if fault == "bad_token" or given != self.control("token", TOKEN):
            return (
                "authentication failed: The authtoken you specified does not look like a proper "
                f"ngrok authtoken.\nYour authtoken: {given}\nInstructions to install your authtoken"
                " are on your ngrok dashboard:\n"
                "https://dashboard.ngrok.com/get-started/your-authtoken\r\n\r\nERR_NGROK_105\r\n"
            )
        if fault == "session_limit":
            return (
                "authentication failed: Your account is limited to 1 simultaneous ngrok agent "
                "sessions.\r\n\r\nERR_NGROK_108\r\n"
            )
        return ""

    async def start(self, config: str) -> int:
        """`ngrok start --none`; returns the exit code."""
        fault = self.control("fault")
        if fault == "silent":
            await asyncio.Event().wait()
        if fault == "older" and 'version: "3"' in config:
            print("ERROR:  unknown version '3'. valid versions are: [1 2]", file=sys.stderr)
            return 1
        api = socket.create_server(("127.0.0.1", 0))
        address = f"127.0.0.1:{api.getsockname()[1]}"
        if fault == "no_api":
            api.close()
        self.log("info", "no configuration paths supplied", source="standin")
        self.log("info", "starting web service", obj="web", addr=address)
        if fault == "crash":
            return 3
        words = self.refusal(config)
        if words:
            return self.fail(words)
        if fault == "no_network":
            self.log(
                "eror",
                "failed to reconnect session",
                obj="tunnels.session",
                err='failed to dial ngrok server with address "connect.ngrok-agent.com:443": '
                "dial tcp: lookup connect.ngrok-agent.com: no such host",
            )
            await asyncio.Event().wait()
        if fault != "no_api":
            await asyncio.start_server(self.serve_api, sock=api)
        self.log("info", "client session established", obj="tunnels.session")
        self.log("info", "tunnel session started", obj="tunnels.session")
        return await self.play()

    async def play(self) -> int:
        """Play the faults of a running agent until it ends."""
        ends_at = time.monotonic() + float(self.control("drop_after_s", 0) or 1e9)
        while time.monotonic() < ends_at:
            fault = self.control("fault")
            if fault != self.played:
                self.played = fault
                if fault == "die":
                    return 2
                self.is_mute = fault == "mute"
                if fault == "offline":
                    self.is_offline = True
                    self.endpoints.clear()
                elif fault == "session_lost":
                    self.log(
                        "eror",
                        "session closed, starting reconnect loop",
                        obj="csess",
                        err="read tcp: i/o timeout",
                    )
                elif fault == "session_back":
                    self.log("info", "client session established", obj="tunnels.session")
            await asyncio.sleep(0.01)
        return 2

    async def serve_api(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request to the local API."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, _ = head.split(" ", 2)
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        raw = await reader.readexactly(int(length.group(1))) if length else b""
        body = json.loads(raw) if raw else None
        self.note("requests", {"method": method, "path": path, "body": body})
        if self.is_mute:
            await asyncio.Event().wait()
        status, answer = await self.answer(method, path, body)
        text = answer if isinstance(answer, str) else json.dumps(answer)
        writer.write(
            f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n"
            f"content-length: {len(text)}\r\n\r\n{text}".encode()
        )
        await writer.drain()
        writer.close()

    async def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and JSON of one API request."""
        fault = self.control("fault")
        is_new = path.startswith("/api/endpoints")
        if not is_new and not path.startswith("/api/tunnels"):
            return 404, "404 page not found"
        if is_new and fault in ("old", "older"):
            return 404, "404 page not found"
        if method == "GET":
            return 200, {"endpoints" if is_new else "tunnels": list(self.endpoints.values())}
        if method == "DELETE":
            self.endpoints.pop(path.rpartition("/")[2], None)
            return 204, ""
        if fault == "refuse":
            words = (
                "failed to start tunnel: The endpoint 'https://x.ngrok-free.app' is already "
                "online.\r\n\r\nERR_NGROK_334\r\n"
            )
            return 502, {"error_code": 103, "status_code": 502, "details": {"err": words}}
        if fault == "garbage":
            return 201, "<html>"
        if fault == "nameless":
            return 201, {"name": body["name"]}
        upstream = body["upstream"]["url"] if is_new else body["addr"]
        host, _, port = upstream.rpartition("//")[2].partition(":")
        self.upstream = (host, int(port))
        url = await self.publish()
        endpoint = {"name": body["name"], ("url" if is_new else "public_url"): url}
        self.endpoints[body["name"]] = {**endpoint, "id": uuid.uuid4().hex, "uri": path}
        return 201, self.endpoints[body["name"]]

    async def publish(self) -> str:
        """Open the public port; its address."""
        if self.public is None:
            bound = socket.create_server(("127.0.0.1", int(self.control("port", 0))))
            self.public = await asyncio.start_server(self.carry, sock=bound)
        port = self.public.sockets[0].getsockname()[1]
        host = self.control("host", "127.0.0.1")
        return f"{self.control('scheme', 'http')}://{host}:{port}"

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from outside: bytes both ways, WebSockets and all."""
        if self.is_offline:
            await _refuse(writer, "404 Not Found", "ERR_NGROK_3200")
            return
        try:
            to_reader, to_writer = await asyncio.open_connection(*self.upstream)
        except OSError:
            await _refuse(writer, "502 Bad Gateway", "ERR_NGROK_8012")
            return
        await asyncio.gather(_pump(reader, to_writer), _pump(to_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


async def _refuse(writer: asyncio.StreamWriter, status: str, code: str) -> None:
    text = f"<html>{code}</html>"
    writer.write(
        f"HTTP/1.1 {status}\r\nngrok-error-code: {code}\r\ncontent-length: {len(text)}\r\n"
        f"connection: close\r\n\r\n{text}".encode()
    )
    await writer.drain()
    writer.close()


def _quoted(text: str) -> str:
    needs = any(c in text for c in ' "\n\r=')
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + escaped.replace("\r", "\\r") + '"' if needs else text


async def _end_with_parent() -> int:
    parent = os.getppid()
    # Nothing tells a process that its parent ended.
    while os.getppid() == parent:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    return 0


async def _run(agent: Agent, config: str) -> int:
    ends = asyncio.Event()
    if agent.control("stubborn", False):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ends.set)
    tasks = [
        asyncio.ensure_future(agent.start(config)),
        asyncio.ensure_future(_end_with_parent()),
        asyncio.ensure_future(ends.wait()),
    ]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    return int(next(iter(done)).result())


def main(launcher: Path, arguments: list[str]) -> int:
    """The agent's command line."""
    agent = Agent(launcher)
    if "--version" in arguments:
        is_old = agent.control("fault") in ("old", "older")
        print(f"ngrok version {OLD_VERSION if is_old else VERSION}")
        return 0
    path = Path(arguments[arguments.index("--config") + 1]) if "--config" in arguments else None
    if arguments[:2] == ["config", "add-authtoken"]:
        if path is not None:
            path.write_text(f'version: "3"\nagent:\n  authtoken: {arguments[2]}\n')
        print(f"Authtoken saved to configuration file: {path}")
        return 0
    if arguments[:2] != ["start", "--none"]:
        print(f"ERROR:  unknown command {arguments!r}", file=sys.stderr)
        return 1
    config = path.read_text(encoding="utf-8") if path is not None else ""
    agent.note(
        "starts",
        {
            "argv": [str(launcher), *arguments],
            "pid": os.getpid(),
            "config": config,
            "mode": oct(stat.S_IMODE(path.stat().st_mode)) if path is not None else "",
            "environ": sorted(os.environ),
        },
    )
    return asyncio.run(_run(agent, config))


if __name__ == "__main__":
    code = main(Path(sys.path[0]), sys.argv[1:])
    sys.stdout.flush()
    # Whatever still forwards or waits ends with the process.
    os._exit(code)

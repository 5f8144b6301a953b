"""The agent's files: where it lies, its 0600 configuration, and what an earlier run left behind.

All functions block; none downloads anything.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import secrets
import shutil
import signal
from pathlib import Path

from loguru import logger

from speakdesk.domain.errors import GatewayError, Problem, Reason, Stage
from speakdesk.gateway.tunnel_config import TunnelConfig

PATH_VARIABLE = "PYNGROK_NGROK_PATH"

_HAS_TOKEN = re.compile(r"^\s*authtoken:\s*[\"']?\w", re.MULTILINE)
_OUR_CONFIG = re.compile(r"ngrok-(\d+)-[0-9a-f]+\.yml")


def default_agent_path() -> Path:
    """Where pyngrok installs the agent on this system, and where ours is downloaded to."""
    from pyngrok import conf

    return Path(conf.DEFAULT_NGROK_PATH)


def own_config_path() -> Path:
    """The configuration that ngrok itself keeps for this person."""
    from pyngrok import conf

    return Path(conf.DEFAULT_NGROK_CONFIG_PATH)


def find_agent(config: TunnelConfig) -> Path:
    """The agent's program. Raises GatewayError where there is none or it may not be run."""
    if config.ngrok_path is not None:
        path = config.ngrok_path.expanduser().absolute()
    else:
        given = os.environ.get(PATH_VARIABLE, "").strip() or shutil.which("ngrok")
        path = Path(given).expanduser().absolute() if given else default_agent_path()
    if not path.is_file():
        raise GatewayError(
            Problem(
                Stage.TUNNEL,
                Reason.MISSING,
                f"The ngrok agent, which opens the way in from meetings, is not at {path}.",
                "Let SpeakDesk download it, give the path of an installed one, or set BASE_URL to "
                "a public address of your own.",
            )
        )
    if not os.access(path, os.X_OK):
        raise GatewayError(
            Problem(
                Stage.TUNNEL,
                Reason.REFUSED,
                f"{path} is there, but it is no program that this account may run.",
                "Make it executable, or give the path of another ngrok agent.",
            )
        )
    return path


def require_token(config: TunnelConfig) -> None:
    """Raise GatewayError where neither we nor ngrok itself know an authtoken."""
    if not config.authtoken.strip():
        _own_config()


def write_config(config: TunnelConfig, version: str) -> Path:
    """Write the agent's configuration for one run; returns its path.

    It holds the authtoken, is readable by this person only, and keeps meeting audio out of the
    agent's inspector. Without an authtoken ngrok's own file is used as it is. `version` is the
    format, "3" or "2" (for agents before 3.30). Raises GatewayError where no token is known or the
    file cannot be written.
    """
    token = config.authtoken.strip()
    if not token:
        return _own_config()
    values = {"authtoken": token, "inspect_db_size": -1}
    if version == "3":
        lines = ["agent:", *(f"  {key}: {json.dumps(value)}" for key, value in values.items())]
    else:
        lines = [f"{key}: {json.dumps(value)}" for key, value in values.items()]
    path = config.config_dir / f"ngrok-{os.getpid()}-{secrets.token_hex(4)}.yml"
    try:
        config.config_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join([f'version: "{version}"', *lines, ""]))
    except OSError as e:
        raise GatewayError(
            Problem(
                Stage.TUNNEL,
                Reason.REFUSED,
                f"The ngrok agent's configuration cannot be written to {config.config_dir}.",
                "Make room on the disk or allow writing there, then launch again.",
                e.strerror or str(e),
            )
        ) from e
    return path


def is_ours(path: Path) -> bool:
    """True for a configuration that `write_config` wrote."""
    return _OUR_CONFIG.fullmatch(path.name) is not None


def clear_leftovers(config_dir: Path, proc: Path = Path("/proc")) -> None:
    """Remove what a run that was ended by force left: its agent and the file with the token.

    An agent is ended only where its command line names a configuration of ours whose owner no
    longer runs. Does nothing where the system has no /proc.
    """
    if not (proc / "self").exists():
        return
    try:
        left = [
            path
            for path in config_dir.iterdir()
            if (match := _OUR_CONFIG.fullmatch(path.name)) and not (proc / match.group(1)).exists()
        ]
    except OSError:
        return
    if not left:
        return
    for process in proc.iterdir():
        if process.name.isdigit() and _names_one_of(process, left):
            logger.info("an ngrok agent that an earlier run left behind is ended")
            try:
                os.kill(int(process.name), signal.SIGTERM)
            except OSError as e:
                logger.warning("a left ngrok agent cannot be ended: {}", e.strerror)
    for path in left:
        path.unlink(missing_ok=True)


def _names_one_of(process: Path, configs: list[Path]) -> bool:
    try:
        arguments = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    follows = [a for flag, a in itertools.pairwise(arguments) if flag == b"--config"]
    return any(os.fsencode(path) in follows for path in configs)


def _own_config() -> Path:
    path = own_config_path()
    try:
        if _HAS_TOKEN.search(path.read_text(encoding="utf-8", errors="replace")):
            return path
    except FileNotFoundError:
        pass
    except OSError as e:
        logger.warning("ngrok's own configuration cannot be read: {}", e.strerror)
    raise GatewayError(
        Problem(
            Stage.TUNNEL,
            Reason.MISSING,
            "There is no ngrok authtoken, so no tunnel can be opened for meetings.",
            "Copy it from dashboard.ngrok.com/get-started/your-authtoken into the settings (or "
            "NGROK_AUTHTOKEN), or set BASE_URL to a public address of your own.",
        )
    )

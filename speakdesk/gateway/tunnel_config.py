"""What a tunnel is opened with, and how long each step of it may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TunnelConfig:
    """The public way in as the person set it up.

    `base_url` is a public address of this computer and needs no tunnel. `ngrok_path` is the agent;
    where empty, `PYNGROK_NGROK_PATH`, the search path and pyngrok's own folder are looked through.
    `domain` is a name reserved at ngrok: with one, a reopened tunnel keeps its name. `config_dir`
    takes the agent's 0600 configuration while it runs. `is_checked` off opens without asking the
    public name first, for networks that cannot reach their own public address.
    """

    config_dir: Path
    ngrok_path: Path | None = None
    authtoken: str = field(default="", repr=False)
    region: str = ""
    domain: str = ""
    base_url: str = ""
    is_checked: bool = True


@dataclass(frozen=True, slots=True)
class TunnelTiming:
    """Every wait of the tunnel, in seconds.

    `startup_s`: the agent's whole start; `patience_s`: what is left of it once the agent told an
    error. `settle_s`: from its last healthy line to an answer of its local API. `request_s`: one
    request to that API. `poll_s`, `verify_s`: looking whether the
    process runs and whether it still lists our endpoint. `misses`: unanswered looks until it counts
    as dead. `check_s`, `check_pause_s`: the check from outside and the pause between its tries.
    `backoff_s`: pauses before reopening, the last one repeated. `stop_s`: its own end, then a kill.
    """

    startup_s: float = 20.0
    patience_s: float = 6.0
    settle_s: float = 3.0
    request_s: float = 8.0
    poll_s: float = 0.5
    verify_s: float = 15.0
    misses: int = 3
    check_s: float = 10.0
    check_pause_s: float = 0.5
    backoff_s: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
    stop_s: float = 2.0

"""Microphones and speakers by the ids that the settings keep."""

from __future__ import annotations

from PySide6.QtMultimedia import QAudioDevice, QMediaDevices


def named_devices(devices: list[QAudioDevice]) -> tuple[tuple[str, str], ...]:
    """Them as (id, name)."""
    return tuple((device_id(d), d.description()) for d in devices)


def device_id(device: QAudioDevice) -> str:
    """A device's id as text, as it is kept in the settings."""
    return bytes(device.id().data()).decode("utf-8", "replace")


def output_device(key: str) -> QAudioDevice:
    """The speakers of that id, else the system's choice; a null device where there are none."""
    return pick_device(QMediaDevices.audioOutputs(), key, QMediaDevices.defaultAudioOutput())


def pick_device(devices: list[QAudioDevice], key: str, default: QAudioDevice) -> QAudioDevice:
    """The one of that id among these, else `default`."""
    return next((d for d in devices if key and device_id(d) == key), default)

"""In: options and TOML files. Out: one frozen training configuration, which a bundle's card repeats whole."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from fhirdistill.errors import InputError

AT_LEAST_ONE = (
    "steps",
    "batch",
    "accumulate",
    "evaluate_every",
    "checkpoint_every",
    "width",
    "layers",
    "heads",
    "inner",
    "encoder_layers",
)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How to train.

    `alpha` weighs the label task against the rationale task; sizes count rows, steps are optimizer steps.
    """

    steps: int = 2000
    batch: int = 64
    accumulate: int = 1
    alpha: float = 0.7
    rationale_share: float = 1.0
    learning_rate: float = 5e-4
    encoder_rate: float = 1e-4
    warmup: int = 100
    weight_decay: float = 0.01
    clip: float = 1.0
    smoothing: float = 0.0
    seed: int = 0
    evaluate_every: int = 500
    checkpoint_every: int = 200
    model: str = "pointer"
    encoder: str = ""
    width: int = 384
    layers: int = 4
    heads: int = 6
    inner: int = 1024
    encoder_layers: int = 6
    dropout: float = 0.1

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as plain values."""
        return asdict(self)


def read_config(path: Path | None, **options: Any) -> TrainConfig:
    """Read a TOML file and lay `options` over it (those that are None say nothing).

    Raises InputError for an unknown or misfit setting.
    """
    try:
        settings = tomllib.loads(path.read_text("utf-8")) if path else {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: {error}", hint="a TOML file with one setting a line") from error
    settings |= {key: value for key, value in options.items() if value is not None}
    known = {f.name: f.type for f in fields(TrainConfig)}
    for key, value in settings.items():
        if key not in known:
            raise InputError(f"unknown training setting {key!r}", hint=f"the settings are: {', '.join(known)}")
        if known[key] == "float" and type(value) is int:
            settings[key] = float(value)
        elif type(value).__name__ != known[key]:
            raise InputError(f"training setting {key} = {value!r} should be of type {known[key]}")
    config = TrainConfig(**settings)
    _check(config)
    return config


def _check(config: TrainConfig) -> None:
    for key in ("alpha", "rationale_share", "dropout"):
        value = getattr(config, key)
        if not 0 <= value <= 1:
            raise InputError(f"{key} = {value} is outside 0 to 1", hint="alpha = 1 trains on labels alone")
    for key in AT_LEAST_ONE:
        if getattr(config, key) < 1:
            raise InputError(f"{key} = {getattr(config, key)} should be at least 1")
    if config.width % config.heads:
        raise InputError(f"width = {config.width} is no multiple of heads = {config.heads}")

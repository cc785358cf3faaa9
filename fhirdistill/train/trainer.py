"""In: rows, a codec, a model. Out: the model trained on two tasks, with a log and checkpoints to resume from.

Distilling step-by-step (Hsieh et al. 2023, equation 4): loss = alpha * label + (1 - alpha) * rationale. Each task's
loss is a mean over the target tokens of the whole accumulation window (of all processes), so that batch 8 x 1 and 1 x
8 give the same gradients; a row without a rationale takes no part in the rationale task.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from accelerate import Accelerator
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from tqdm import tqdm

from fhirdistill.errors import DataError
from fhirdistill.train.batches import TASKS, Batch, Codec, Encoded, Targets, Task, collate, ordered
from fhirdistill.train.config import TrainConfig
from fhirdistill.train.rows import Rows, data_hash

Evaluate = Callable[[nn.Module, int], Mapping[str, float]]


class TwoTaskModel(Protocol):
    """What the trainer needs of a model: one encoding, and the summed loss of one task's targets."""

    def encode(self, ids: Tensor, mask: Tensor) -> Any:
        """Encode a batch of inputs."""
        ...

    def loss(self, memory: Any, targets: Targets, smoothing: float = 0.0) -> Tensor:
        """Return the loss summed over target tokens."""
        ...


class TwoTasks(nn.Module):
    """Both tasks in one forward pass, so that a distributed wrapper sees one call."""

    def __init__(self, model: nn.Module, config: TrainConfig) -> None:
        super().__init__()
        self.model = model
        self.weights: dict[Task, float] = {"label": config.alpha, "rationale": 1 - config.alpha}
        self.smoothing = config.smoothing

    def forward(self, batch: Batch, counts: Mapping[Task, int]) -> tuple[Tensor, dict[Task, float]]:
        """Return a batch's weighted loss and each task's summed loss; `counts`: target tokens of the whole window."""
        model: Any = self.model
        memory = model.encode(batch["ids"], batch["mask"])
        total = torch.zeros((), device=batch["ids"].device)
        sums: dict[Task, float] = {}
        for task, targets in batch["targets"].items():
            if not self.weights[task]:
                continue
            chosen = {key: value[targets["rows"]] for key, value in memory.items()}
            loss = model.loss(chosen, targets, self.smoothing)
            sums[task] = loss.item()
            total = total + self.weights[task] * loss / max(1, counts[task])
        return total, sums


class Trainer:
    """A training run in a folder: `metrics.jsonl` grows a line at a time, `checkpoint/` is replaced whole."""

    def __init__(self, model: nn.Module, codec: Codec, rows: Rows, config: TrainConfig, folder: Path) -> None:
        self.config, self.codec, self.rows, self.folder = config, codec, rows, folder
        self.model = model
        self.step = 0
        self.accelerator = Accelerator()
        slow = [p for name, p in model.named_parameters() if name.startswith("encoder.") and p.requires_grad]
        fast = [p for name, p in model.named_parameters() if not name.startswith("encoder.") and p.requires_grad]
        groups = [{"params": fast, "lr": config.learning_rate}, {"params": slow, "lr": config.encoder_rate}]
        optimizer = torch.optim.AdamW(
            [g for g in groups if g["params"]], weight_decay=config.weight_decay, betas=(0.9, 0.98)
        )
        self.schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._rate)
        self.both, self.optimizer = self.accelerator.prepare(TwoTasks(model, config), optimizer)
        self.data = data_hash(rows.epoch(0))

    def _rate(self, step: int) -> float:
        """Linear warm-up, then cosine decay to a twentieth."""
        config = self.config
        if step < config.warmup:
            return (step + 1) / config.warmup
        progress = (step - config.warmup) / max(1, config.steps - config.warmup)
        return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))

    def run(self, evaluate: Evaluate | None = None) -> None:
        """Train to the last step, from the folder's checkpoint where there is one.

        Raises DataError if the data changed since.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.resume()
        windows = self._windows()
        started, seen = time.monotonic(), 0
        with tqdm(
            total=self.config.steps, initial=self.step, unit="step", disable=not self.accelerator.is_main_process
        ) as bar:
            while self.step < self.config.steps:
                window = next(windows)
                loss = self._train(window)
                seen += sum(len(batch["ids"]) for batch in window)
                self.step += 1
                bar.update()
                bar.set_postfix({task: f"{value:.3f}" for task, value in loss.items()})
                if self.step % 20 == 0:
                    self._log(
                        {"step": self.step, "rows_per_second": round(seen / (time.monotonic() - started), 1), **loss}
                    )
                last = self.step == self.config.steps
                if self.step % self.config.checkpoint_every == 0 or last:
                    self.save()
                if evaluate and (self.step % self.config.evaluate_every == 0 or last):
                    self.model.eval()
                    self._log({"step": self.step, **evaluate(self.model, self.step)})

    def _train(self, window: list[Batch]) -> dict[str, float]:
        """Take one optimizer step over the batches of a window; return each task's mean loss."""
        self.both.train()
        counts: dict[Task, int] = {
            task: sum(b["targets"][task]["count"] for b in window if task in b["targets"]) for task in TASKS
        }
        everywhere = self.accelerator.reduce(
            torch.tensor([counts[t] for t in TASKS], device=self.accelerator.device), "sum"
        )
        whole: dict[Task, int] = {task: int(everywhere[i]) for i, task in enumerate(TASKS)}
        sums: dict[str, float] = {}
        for batch in window:
            loss, parts = self.both(_to(batch, self.accelerator.device), whole)
            if loss.requires_grad:  # a batch may have nothing for the tasks that count
                self.accelerator.backward(loss * self.accelerator.num_processes)
            for task, value in parts.items():
                sums[task] = sums.get(task, 0.0) + value
        self.accelerator.clip_grad_norm_(self.both.parameters(), self.config.clip)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad()
        return {task: round(value / max(1, counts[task]), 4) for task, value in sums.items()}  # type: ignore[index]

    def _windows(self) -> Iterator[list[Batch]]:
        """Yield accumulation windows from where the run stands; their order follows from seed and step alone."""
        config, passed, epoch = self.config, 0, 0
        share = self.accelerator.num_processes
        while True:
            encoded = self._encoded(epoch)
            batches = list(ordered(encoded, config.batch * share, config.seed + epoch))
            whole = len(batches) // config.accumulate * config.accumulate or len(batches)
            for start in range(0, whole, config.accumulate):
                passed += 1
                if passed > self.step:
                    rng = random.Random(f"{config.seed}/{passed}")
                    yield [self._batch(part, rng) for part in batches[start : start + config.accumulate]]
            epoch += 1

    def _batch(self, part: list[Encoded], rng: random.Random) -> Batch:
        share, index = self.accelerator.num_processes, self.accelerator.process_index
        asked = [rng.random() < self.config.rationale_share for _ in part]
        return collate(part[index::share] or part[:1], self.codec.pad, rationales=asked[index::share] or asked[:1])

    def _encoded(self, epoch: int) -> list[Encoded]:
        rows = self.rows.epoch(epoch)
        encoded = [found for row in rows if (found := self.codec.encode(row)) is not None]
        if not encoded:
            raise DataError(
                "the codec can say none of the rows", hint="look at the first row and at the codec's vocabulary"
            )
        self._log({"step": self.step, "epoch": epoch, "rows": len(rows), "encoded": len(encoded)})
        return encoded

    def save(self) -> None:
        """Write the checkpoint beside the old one, then put it in its place."""
        if not self.accelerator.is_main_process:
            return
        fresh, place, old = (self.folder / name for name in ("checkpoint.new", "checkpoint", "checkpoint.old"))
        fresh.mkdir(exist_ok=True)
        weights = {name: value.detach().clone().contiguous() for name, value in self.model.state_dict().items()}
        save_file(weights, fresh / "model.safetensors")
        torch.save(
            {"optimizer": self.optimizer.state_dict(), "schedule": self.schedule.state_dict()}, fresh / "optimizer.pt"
        )
        state = {
            "step": self.step,
            "config": self.config.to_dict(),
            "data": self.data,
            "torch": torch.get_rng_state().tolist(),
        }
        (fresh / "state.json").write_text(json.dumps(state))
        if place.exists():
            _remove(old)  # left by a run that was killed here
            place.rename(old)
        fresh.rename(place)
        _remove(old)

    def resume(self) -> None:
        """Go on from the folder's checkpoint if there is one; killed between two renames, from the old one."""
        place = next((p for p in (self.folder / "checkpoint", self.folder / "checkpoint.old") if p.is_dir()), None)
        if place is None:
            return
        state = json.loads((place / "state.json").read_text())
        if state["data"] != self.data:
            raise DataError(
                f"{self.folder} was trained on other data", hint="give another --out, or the data it was begun with"
            )
        self.model.load_state_dict(load_file(place / "model.safetensors"))
        saved = torch.load(place / "optimizer.pt", weights_only=True)
        self.optimizer.load_state_dict(saved["optimizer"])
        self.schedule.load_state_dict(saved["schedule"])
        torch.set_rng_state(torch.tensor(state["torch"], dtype=torch.uint8))
        self.step = state["step"]

    def _log(self, record: Mapping[str, Any]) -> None:
        if self.accelerator.is_main_process:
            with (self.folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")


def _remove(checkpoint: Path) -> None:
    """Remove a checkpoint that another one has replaced."""
    if checkpoint.is_dir():
        for path in checkpoint.iterdir():
            path.unlink()
        checkpoint.rmdir()


def _to(batch: Batch, device: torch.device) -> Batch:
    targets: dict[Task, Targets] = {
        task: {**t, "tokens": t["tokens"].to(device), "places": t["places"].to(device), "rows": t["rows"].to(device)}
        for task, t in batch["targets"].items()
    }
    return Batch(ids=batch["ids"].to(device), mask=batch["mask"].to(device), targets=targets)

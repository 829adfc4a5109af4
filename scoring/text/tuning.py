"""Fine-tune the sentence encoder for a label set: one head over the masked mean. torch is loaded here and nowhere that serves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from scoring.signals.encoder_source import CONFIG, TOKENIZER, WEIGHTS, find_source

Array = NDArray[Any]
Progress = Callable[[float, str], None]
POOL = 40  # batches whose texts are sorted by length together: little padding, still random order


@dataclass(frozen=True, slots=True)
class TuneOptions:
    """As measured to be best on two cores: bf16, batches of 32, 64 tokens, one thread a job."""

    seed: int = 0
    epochs: int = 3
    batch: int = 32
    rate: float = 8e-5
    tokens: int = 64
    threads: int = 1
    dropout: float = 0.1
    bf16: bool = True


class TunedNetwork(torch.nn.Module):
    """BERT, masked mean, dropout, one linear layer: (batch, length) ids and mask -> (batch, labels) logits."""

    def __init__(self, body: Any, labels: int, dropout: float) -> None:
        super().__init__()
        self.body = body
        self.dropout = torch.nn.Dropout(dropout)
        self.head = torch.nn.Linear(body.config.hidden_size, labels)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        hidden = self.body(input_ids=ids, attention_mask=mask).last_hidden_state
        column = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * column).sum(1) / column.sum(1).clamp(min=1)
        out: torch.Tensor = self.head(self.dropout(mean))
        return out


def load_body(folder: Path) -> Any:
    """The pinned weights in a BertModel, from a folder that was verified."""
    from_file = BertConfig.from_json_file(str(folder / CONFIG))
    body = BertModel(from_file, add_pooling_layer=False)
    state = load_file(str(folder / WEIGHTS))
    wanted = body.state_dict()
    body.load_state_dict({name: value for name, value in state.items() if name in wanted}, strict=True)
    return body


def class_weights(y: Array, known: Array, exclusive: bool) -> torch.Tensor:
    """Square roots of the inverse frequencies, bounded: rare classes count more, but do not drown the rest."""
    seen = np.maximum(known.sum(axis=0), 1)
    rate = np.clip((y * known).sum(axis=0) / seen, 1e-3, 1)
    weight = np.sqrt(1 / rate) if exclusive else np.sqrt((1 - rate + 1e-3) / rate)
    weight = np.clip(weight / (weight.mean() if exclusive else 1.0), 0.3, 8.0)
    return torch.tensor(weight, dtype=torch.float32)


def loss_of(
    logits: torch.Tensor, y: torch.Tensor, known: torch.Tensor, weight: torch.Tensor, classes: torch.Tensor, exclusive: bool
) -> torch.Tensor:
    """Cross-entropy where labels exclude each other, else the masked mean of binary losses; a weight for each text."""
    if exclusive:
        each = torch.nn.functional.cross_entropy(logits, y.argmax(1), weight=classes, reduction="none")
        return (each * weight).mean()
    each = torch.nn.functional.binary_cross_entropy_with_logits(logits, y, pos_weight=classes, reduction="none")
    return ((each * known).sum(1) * weight).sum() / known.sum().clamp(min=1) * logits.shape[1]


def batches(lengths: Sequence[int], size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Rows in random order, sorted by length within pools, the batches of a pool shuffled."""
    order = rng.permutation(len(lengths))
    sizes = np.asarray(lengths)
    for start in range(0, len(order), size * POOL):
        pool = order[start : start + size * POOL]
        pool = pool[np.argsort(sizes[pool], kind="stable")]
        parts = [pool[i : i + size] for i in range(0, len(pool), size)]
        for place in rng.permutation(len(parts)):
            yield parts[place]


def _tensors(rows: Array, tokens: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(tokens[r]) for r in rows)
    ids = torch.zeros((len(rows), longest), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for place, row in enumerate(rows):
        ids[place, : len(tokens[row])] = torch.tensor(tokens[row])
        mask[place, : len(tokens[row])] = 1
    return ids, mask


def fine_tune(
    texts: Sequence[str], y: Array, known: Array, weight: Array, *, exclusive: bool, options: TuneOptions, progress: Progress
) -> tuple[dict[str, Array], dict[str, Any], Path]:
    """Returns the tuned weights by name (with head.weight, head.bias), the configuration and the source's folder."""
    source = find_source().folder
    threads = torch.get_num_threads()
    torch.set_num_threads(options.threads)
    try:
        torch.manual_seed(options.seed)
        network = TunedNetwork(load_body(source), y.shape[1], options.dropout)
        _train(network, source, texts, (y, known, weight), exclusive, options, progress)
    finally:
        torch.set_num_threads(threads)
    state = {name.removeprefix("body."): value.detach().float().numpy() for name, value in network.state_dict().items()}
    return state, json.loads((source / CONFIG).read_text("utf-8")), source


def _train(
    network: TunedNetwork, source: Path, texts: Sequence[str], target: tuple[Array, Array, Array], exclusive: bool, options: TuneOptions,
    progress: Progress,
) -> None:  # fmt: skip
    tokenizer = Tokenizer.from_file(str(source / TOKENIZER))
    tokenizer.enable_truncation(options.tokens)
    tokenizer.no_padding()
    tokens = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    y, known, weight = (torch.tensor(np.asarray(part), dtype=torch.float32) for part in target)
    classes = class_weights(target[0], target[1], exclusive)
    plain = [p for n, p in network.named_parameters() if p.ndim > 1 and not n.startswith("head")]
    bare = [p for n, p in network.named_parameters() if p.ndim == 1 and not n.startswith("head")]
    groups = [
        {"params": plain, "weight_decay": 0.01}, {"params": bare, "weight_decay": 0.0},
        {"params": network.head.parameters(), "weight_decay": 0.0, "lr": options.rate * 10},
    ]  # fmt: skip
    optimiser = torch.optim.AdamW(groups, lr=options.rate)
    steps = options.epochs * -(-len(tokens) // options.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min((step + 1) / max(1, steps * 0.1), max(0.0, 1 - step / steps)))
    rng, done, mean = np.random.default_rng(options.seed), 0, 0.0
    network.train()
    for epoch in range(options.epochs):
        for rows in batches([len(t) for t in tokens], options.batch, rng):
            ids, mask = _tensors(rows, tokens)
            with torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
                logits = network(ids, mask)
            loss = loss_of(logits.float(), y[rows], known[rows], weight[rows], classes, exclusive)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            done += 1
            mean = loss.item() if done == 1 else 0.98 * mean + 0.02 * loss.item()
            if done % 20 == 0 or done == steps:
                progress(done / steps, f"Epoch {epoch + 1} of {options.epochs}, loss {mean:.3f}")
    network.eval()

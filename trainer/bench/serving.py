"""Answers a second of the server, with eight requests waiting, against one-at-a-time `generate`.

`python bench/serving.py` measures a tiny random model; `--model FILE_OR_FOLDER` a real one. Both ways run in one
process on the same weights and prompts, alternate, and make answers of the same length; the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "src")]

from tests.serving.client import Client  # noqa: E402
from tests.serving.conftest import make_adapter, make_base  # noqa: E402

from tuning_fork_trainer.models import load_model, load_tokenizer, locate  # noqa: E402
from tuning_fork_trainer.serving.backend import ModelSpec  # noqa: E402
from tuning_fork_trainer.serving.engine import TransformersBackend  # noqa: E402
from tuning_fork_trainer.serving.registry import Registry  # noqa: E402
from tuning_fork_trainer.serving.server import Server  # noqa: E402

WAITING = 8
ITEMS = [
    "A wireless mouse with two batteries",
    "Garden hose, 25 m, with a brass nozzle and a holder for the wall",
    "Cast-iron pan",
    "Office chair with armrests, black mesh, adjustable in height and tilt, for people up to 120 kg",
    "USB-C cable 2 m",
    "Hiking boots, waterproof, size 43, brown leather with a rubber sole",
    "Desk lamp",
    "A set of twelve watercolors with three brushes and a pad of heavy paper",
]


def conversation(item: str, at: int) -> list[dict[str, str]]:
    # Another prompt in each round: the server remembers those that it has read.
    return [{"role": "user", "content": f"{at}. How much does this cost to the nearest dollar?\n\n{item}"}]


def one_at_a_time(model: Any, tokenizer: Any, tokens: int, at: int) -> list[int]:
    """Answer all items with the library's `generate`, one behind the other; return the counts of tokens."""
    counts = []
    for item in ITEMS:
        text = tokenizer.apply_chat_template(conversation(item, at), tokenize=False, add_generation_prompt=True)
        inputs = tokenizer(text, return_tensors="pt", add_special_tokens=False)
        prompt = inputs["input_ids"]
        with torch.inference_mode():
            output = model.generate(
                input_ids=prompt.to(model.device),
                attention_mask=inputs["attention_mask"].to(model.device),
                max_new_tokens=tokens,
                do_sample=False,
                pad_token_id=tokenizer.pad_token_id,
            )
        counts.append(int(output.shape[1] - prompt.shape[1]))
    return counts


def at_once(client: Client, tokens: int, at: int) -> list[int]:
    """Ask the server for all items at once, over HTTP."""

    def ask(item: str) -> int:
        answer = client.chat(model="tuned", messages=conversation(item, at), max_tokens=tokens)
        return int(answer["usage"]["completion_tokens"])

    with ThreadPoolExecutor(WAITING) as pool:
        return list(pool.map(ask, ITEMS))


def median_seconds(ways: list[Callable[[int], list[int]]], rounds: int) -> list[float]:
    """Run the ways by turns; return the median of each. Checks that all computed the same tokens."""
    times: list[list[float]] = [[] for _ in ways]
    counts = [sorted(way(0)) for way in ways]  # Warms up, too.
    if any(abs(sum(count) - sum(counts[0])) > 0.05 * sum(counts[0]) for count in counts):
        raise SystemExit(f"The answers differ in length: {counts}")
    for at in range(1, rounds + 1):
        for way, taken in zip(ways, times, strict=True):
            start = time.perf_counter()
            way(at)
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", help="folder or GGUF file; a tiny random model without it")
    parser.add_argument("--adapter", help="folder of a LoRA adapter for --model")
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.model:
            base, adapter = options.model, options.adapter
        else:
            base = str(make_base(Path(folder) / "base", 21))
            adapter = str(make_adapter(Path(base), Path(folder) / "adapter", 2))
        source = locate(base)
        model = load_model(source, options.device).to(options.device).eval()
        tokenizer = load_tokenizer(source)
        if adapter:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, adapter).eval()
        backend = TransformersBackend(options.device, 3600, 32)
        server = Server(0, "bench", Registry({"tuned": ModelSpec(base, adapter)}), backend)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = Client(server.port, "bench")
        alone, batched = median_seconds(
            [
                lambda at: one_at_a_time(model, tokenizer, options.tokens, at),
                lambda at: at_once(client, options.tokens, at),
            ],
            options.rounds,
        )
        backend.close()
        server.shutdown()
    result = {
        "model": Path(base).name if options.model else "tiny random Llama",
        "adapter": bool(adapter),
        "waiting": WAITING,
        "tokens": options.tokens,
        "threads": torch.get_num_threads(),
        "generate_answers_per_second": round(WAITING / alone, 2),
        "server_answers_per_second": round(WAITING / batched, 2),
        "ratio": round(alone / batched, 2),
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()

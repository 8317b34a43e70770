"""Material of the benches: rows of mixed length, and a model of SmolLM2's shape where no real one is there.

`python trainer/bench/material.py --folder FOLDER [--data FILE.jsonl] [--rows 56] [--model]` writes `rows.jsonl` and `model/`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1])]

from tests.support import CHATML  # noqa: E402

WORDS = [
    "steel",
    "oak",
    "compact",
    "portable",
    "classic",
    "heavy",
    "light",
    "rugged",
    "quiet",
    "bright",
    "folding",
    "spare",
    "lamp",
    "drill",
    "kettle",
    "chair",
]


def rows_of_mixed_length(count: int, seed: int) -> list[dict[str, Any]]:
    """Prices of made-up goods; lengths spread as in descriptions of shops, from a line to several hundred tokens."""
    random_of = random.Random(seed)  # noqa: S311 - no secret
    made = []
    for _ in range(count):
        text = " ".join(random_of.choice(WORDS) for _ in range(min(400, int(random_of.lognormvariate(3.6, 0.9)) + 4)))
        price = 5 + sum(len(word) for word in text.split()[:6]) * random_of.uniform(0.8, 1.2)
        made.append(
            {
                "messages": [
                    {"role": "user", "content": f"What does this cost, to the nearest dollar?\n\n{text}"},
                    {"role": "assistant", "content": f"Price is ${price:.2f}"},
                ]
            }
        )
    return made


def read_rows(data: Path | None, count: int) -> list[dict[str, Any]]:
    """The first rows of a file of chat messages; made-up ones without a file."""
    if data is None:
        return rows_of_mixed_length(count, 1)
    return [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()[:count]]


def make_model(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Save a Llama of SmolLM2-135M's shape with random weights; its tokenizer is trained on the rows."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=4096,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = [f"{message['role']}\n{message['content']}" for row in rows for message in row["messages"]]
    tokenizer.train_from_iterator(texts, trainer)
    end = "<|im_end|>"
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, pad_token=end, model_max_length=8192)
    wrapped.chat_template = CHATML
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=49152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=8192,
        tie_word_embeddings=True,
        eos_token_id=wrapped.eos_token_id,
        pad_token_id=wrapped.pad_token_id,
        bos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    wrapped.save_pretrained(folder)


def main() -> None:
    """Write what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="rows of chat messages; made up when absent")
    parser.add_argument("--rows", type=int, default=56)
    parser.add_argument("--model", action="store_true", help="make a model, too")
    given = parser.parse_args()
    rows = read_rows(given.data, given.rows)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (given.folder / "rows.jsonl").write_text(text, encoding="utf-8")
    if given.model:
        make_model(given.folder / "model", rows)


if __name__ == "__main__":
    main()

"""A plain script as people write it with TRL, the peer of the training bench: no order by length, no packing, no probe."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from clock import Clock
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, set_seed
from trl import SFTConfig, SFTTrainer

from tuning_fork_trainer.devices import peak_memory
from tuning_fork_trainer.encoding import encode
from tuning_fork_trainer.rows import read_conversations
from tuning_fork_trainer.validation import SupervisedValidation


class Padding:
    """Collator that counts places of tokens, those of padding too."""

    def __init__(self, collate: Any) -> None:
        self.places = 0
        self._collate = collate

    def __call__(self, examples: Any) -> Any:
        """Count a batch."""
        batch = self._collate(examples)
        self.places += batch["input_ids"].numel()
        return batch


def main() -> None:
    """Train, and print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--valid", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--four-bit", action="store_true")
    parser.add_argument("--threads", type=int)
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    set_seed(given.seed)
    on_gpu = torch.cuda.is_available()
    options = {}
    if given.four_bit:
        from transformers import BitsAndBytesConfig

        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
    tokenizer = AutoTokenizer.from_pretrained(given.model)
    model = AutoModelForCausalLM.from_pretrained(
        given.model, dtype=torch.bfloat16 if on_gpu else torch.float32, device_map="cuda" if on_gpu else None, **options
    )

    def rows(path: Path) -> Dataset:
        messages = [json.loads(line)["messages"] for line in path.read_text(encoding="utf-8").splitlines()]
        return Dataset.from_list([{"prompt": each[:-1], "completion": each[-1:]} for each in messages])

    clock = Clock()
    trainer = SFTTrainer(
        model=model,
        processing_class=tokenizer,
        train_dataset=rows(given.train),
        peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
        callbacks=[clock],
        args=SFTConfig(
            output_dir=f"{given.train.parent}/plain",
            seed=given.seed,
            # The rows lie in the file in random order; the other side takes them in the same one.
            train_sampling_strategy="sequential",
            num_train_epochs=1,
            per_device_train_batch_size=given.batch,
            per_device_eval_batch_size=given.batch,
            learning_rate=2e-4,
            lr_scheduler_type="linear",
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            gradient_checkpointing=False,
            use_cpu=not on_gpu,
            bf16=on_gpu,
            max_length=None,
            disable_tqdm=True,
        ),
    )
    padding = Padding(trainer.data_collator)
    trainer.data_collator = padding
    trainer.train()
    # Tokens so far at each step. The first step warms up and is not counted.
    tokens = [entry["num_tokens"] for entry in trainer.state.log_history if "loss" in entry]
    memory = peak_memory("cuda" if on_gpu else "cpu")
    # Measured as the other side measures it: the library's own mean weighs batches alike.
    valid = [encode(tokenizer, row) for row in read_conversations(given.valid)]
    score = SupervisedValidation(valid, lambda: trainer.model, tokenizer.pad_token_id).score(list(range(len(valid))))
    loss = score.means["loss"]
    figures = {
        "tokens": tokens[-1] - tokens[0],
        "seconds": clock.seconds,
        "cpu_seconds": clock.cpu_seconds,
        "loss": loss,
        "memory": memory,
        "padding": 1 - tokens[-1] / padding.places,
    }
    print(json.dumps(figures))  # noqa: T201


if __name__ == "__main__":
    main()

"""A plain script as people write it with TRL, the peer of the training bench: no order by length, no packing, no probe."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import SFTConfig, SFTTrainer

from tuning_fork_trainer.devices import peak_memory
from tuning_fork_trainer.encoding import encode
from tuning_fork_trainer.rows import read_conversations
from tuning_fork_trainer.validation import SupervisedValidation


class Clock(TrainerCallback):
    """Seconds of the steps themselves."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._started = 0.0

    def on_step_begin(self, *_: object, **__: object) -> None:
        """Start."""
        self._started = time.perf_counter()

    def on_step_end(self, *_: object, **__: object) -> None:
        """Stop, when the device is done."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.seconds += time.perf_counter() - self._started


def main() -> None:
    """Train, and print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--valid", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--four-bit", action="store_true")
    parser.add_argument("--threads", type=int)
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    on_gpu = torch.cuda.is_available()
    options = {}
    if given.four_bit:
        from transformers import BitsAndBytesConfig

        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
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
            seed=42,
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
    trainer.train()
    tokens = max(entry.get("num_tokens", 0) for entry in trainer.state.log_history)
    memory = peak_memory("cuda" if on_gpu else "cpu")
    # Measured as the other side measures it: the library's own mean weighs batches alike.
    valid = [encode(tokenizer, row) for row in read_conversations(given.valid)]
    score = SupervisedValidation(valid, lambda: trainer.model, tokenizer.pad_token_id).score(list(range(len(valid))))
    loss = score.means["loss"]
    print(json.dumps({"tokens": tokens, "seconds": clock.seconds, "loss": loss, "memory": memory}))  # noqa: T201


if __name__ == "__main__":
    main()

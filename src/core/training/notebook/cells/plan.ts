// Cells that decide about batches and their order, as trainer/src/tuning_fork_trainer/plan.py and sampling.py do.

export const PLAN = String.raw`
import math

count = len(lengths)
if BATCH_SIZE == "auto":
    BATCH_SIZE = min(
        8, max(1, count // 25)
    )  # 25 steps an epoch at least, so that small files are learned at all.
if N_EPOCHS == "auto":
    N_EPOCHS = (
        3 if count >= 34 else min(25, math.ceil(100 / count))
    )  # 100 examples are seen at least.
STEPS_PER_EPOCH = math.ceil(count / BATCH_SIZE)
STEPS = N_EPOCHS * STEPS_PER_EPOCH
LEARNING_RATE = 0.0002 * LEARNING_RATE_MULTIPLIER
if EXAMPLES_AT_ONCE == "auto":
    useful = {"cpu": 512, "mps": 2048, "cuda": 8192}[DEVICE] * count / sum(lengths)
    divisors = [part for part in range(BATCH_SIZE, 0, -1) if BATCH_SIZE % part == 0]
    EXAMPLES_AT_ONCE = next(part for part in divisors if part == 1 or part <= useful)
if BATCH_SIZE % EXAMPLES_AT_ONCE != 0:
    raise ValueError("EXAMPLES_AT_ONCE must divide BATCH_SIZE.")
if VALIDATION_EVERY == "auto":
    # An example costs a third of a trained one, so all looks cost a tenth of the training.
    VALIDATION_EVERY = max(1, STEPS // 20, math.ceil(VALIDATION_SAMPLE / (3 * 0.1 * BATCH_SIZE)))
print(
    f"{STEPS} steps: {N_EPOCHS} epochs of {STEPS_PER_EPOCH},"
    f" {BATCH_SIZE} examples a step, {EXAMPLES_AT_ONCE} at once"
)
`;

/** Reinforcement leaves out the rest of an epoch that fills no batch, and computes one prompt with its answers at a time. */
export const REINFORCEMENT_PLAN = String.raw`
import math

count = len(lengths)
if BATCH_SIZE == "auto":
    BATCH_SIZE = min(8, max(1, count // 25))
BATCH_SIZE = min(BATCH_SIZE, count)
if N_EPOCHS == "auto":
    N_EPOCHS = 3 if count >= 34 else min(25, math.ceil(100 / count))
STEPS_PER_EPOCH = count // BATCH_SIZE
STEPS = N_EPOCHS * STEPS_PER_EPOCH
LEARNING_RATE = 0.0002 * LEARNING_RATE_MULTIPLIER
EXAMPLES_AT_ONCE = 1
ANSWERS = 8 if DEVICE == "cuda" else 4
ANSWER_TOKENS = max(1, min(256, MAX_LENGTH // 2))
if VALIDATION_EVERY == "auto":
    VALIDATION_EVERY = max(1, STEPS // 20, math.ceil(VALIDATION_SAMPLE / (3 * 0.1 * BATCH_SIZE)))
print(
    f"{STEPS} steps of {BATCH_SIZE} prompts,"
    f" {ANSWERS} answers each of {ANSWER_TOKENS} tokens at most"
)
`;

export const ORDER = String.raw`
from torch.utils.data import Sampler


class EpochOrder(Sampler):
    """Order of the examples: the same for a seed and an epoch, batches of similar length."""

    def __init__(self):
        self.epoch = 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __len__(self):
        return len(lengths)

    def __iter__(self):
        generator = torch.Generator().manual_seed(SEED + 1_000_003 * self.epoch)
        shuffled = torch.randperm(len(lengths), generator=generator).tolist()
        if not GROUP_BY_LENGTH:
            return iter(shuffled)
        whole = len(lengths) // BATCH_SIZE * BATCH_SIZE
        group = BATCH_SIZE * max(1, min(50, len(lengths) // (2 * BATCH_SIZE)))
        batches = []
        for start in range(0, whole, group):
            places = sorted(
                shuffled[start : min(start + group, whole)], key=lambda place: lengths[place]
            )
            batches += [places[at : at + BATCH_SIZE] for at in range(0, len(places), BATCH_SIZE)]
        mixed = torch.randperm(len(batches), generator=generator).tolist()
        return iter([place for at in mixed for place in batches[at]] + shuffled[whole:])
`;

export const LORA = String.raw`
from peft import LoraConfig
from transformers import BitsAndBytesConfig, TrainerCallback, set_seed

set_seed(SEED)
weights = {"dtype": DTYPE, "use_safetensors": True}
if LOAD_IN_4BIT:
    weights["device_map"] = {"": 0}
    weights["quantization_config"] = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=DTYPE,
    )
model = AutoModelForCausalLM.from_pretrained(
    BASE_MODEL, revision=REVISION, trust_remote_code=False, **weights
)
adapter = LoraConfig(
    r=LORA_RANK,
    lora_alpha=LORA_ALPHA,
    target_modules=TARGET_MODULES,
    lora_dropout=0.0,
    bias="none",
    task_type="CAUSAL_LM",
)
arguments = {
    "output_dir": f"{OUTPUT}-training",
    "seed": SEED,
    "num_train_epochs": N_EPOCHS,
    "per_device_train_batch_size": EXAMPLES_AT_ONCE,
    "gradient_accumulation_steps": BATCH_SIZE // EXAMPLES_AT_ONCE,
    "gradient_checkpointing": GRADIENT_CHECKPOINTING,
    "learning_rate": LEARNING_RATE,
    "lr_scheduler_type": "linear",  # Falls evenly to 0.
    "logging_steps": 1,
    "logging_nan_inf_filter": False,
    "save_strategy": "no",
    "eval_strategy": "no",  # The callback below validates.
    "report_to": "none",
    "use_cpu": DEVICE == "cpu",
    "bf16": HALF,
    "dataloader_pin_memory": DEVICE == "cuda",
}


class Looks(TrainerCallback):
    """Validates a sample now and then, all examples after each epoch, and notes it."""

    def __init__(self, order, measure, total):
        self.order = order
        self.measure = measure
        generator = torch.Generator().manual_seed(SEED)
        self.sample = sorted(
            torch.randperm(total, generator=generator)[:VALIDATION_SAMPLE].tolist()
        )
        self.all = list(range(total))

    def on_epoch_begin(self, args, state, control, **_):
        if self.order is not None:
            self.order.set_epoch(state.global_step // STEPS_PER_EPOCH)

    def on_step_end(self, args, state, control, **_):
        ends = state.global_step % STEPS_PER_EPOCH == 0
        if not self.all or not (ends or state.global_step % VALIDATION_EVERY == 0):
            return
        prefix, places = ("eval_", self.all) if ends else ("eval_sample_", self.sample)
        figures = {prefix + name: figure for name, figure in self.measure(places).items()}
        state.log_history.append({**figures, "epoch": state.epoch, "step": state.global_step})
`;

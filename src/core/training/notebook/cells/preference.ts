export const EXAMPLES = String.raw`
def tokens_of(prompt, answer, tools):
    """Tokens of a prompt and those of its answer."""
    ids, labels = encode(
        prompt + answer, list(range(len(prompt), len(prompt) + len(answer))), tools
    )
    counted = [at for at, label in enumerate(labels) if label != IGNORED]
    start, end = (counted[0], counted[-1] + 1) if counted else (len(ids), len(ids))
    return ids[:start], ids[start:end]


def pairs_of(rows):
    """Tokens of each prompt with its preferred and its other answer."""
    pairs = []
    for row in rows:
        asked, tools = (
            [normalize(message) for message in row["input"]["messages"]],
            tools_of(row["input"]),
        )
        better, worse = (
            [normalize(message) for message in row[key]]
            for key in ("preferred_output", "non_preferred_output")
        )
        (prompt, chosen), (other, rejected) = (
            tokens_of(asked, better, tools),
            tokens_of(asked, worse, tools),
        )
        # Tokens can merge over the border: answers begin where the conversations differ.
        shared = 0
        while shared < min(len(prompt), len(other)) and prompt[shared] == other[shared]:
            shared += 1
        pairs.append(
            {
                "prompt_ids": prompt[:shared],
                "chosen_ids": prompt[shared:] + chosen,
                "rejected_ids": other[shared:] + rejected,
            }
        )
    return pairs


def length_of(pair):
    """Tokens of the longer of both conversations."""
    return len(pair["prompt_ids"]) + max(len(pair["chosen_ids"]), len(pair["rejected_ids"]))


train, valid = pairs_of(train_rows), pairs_of(valid_rows)
if MAX_LENGTH == "auto":
    MAX_LENGTH = min(LIMIT, max(length_of(pair) for pair in train))
train = [pair for pair in train if len(pair["prompt_ids"]) < MAX_LENGTH]
valid = [pair for pair in valid if len(pair["prompt_ids"]) < MAX_LENGTH]
if not train:
    raise ValueError("No answer fits into MAX_LENGTH tokens. Raise it and run the cells again.")
lengths = [min(MAX_LENGTH, length_of(pair)) for pair in train]
print(f"{len(train)} pairs of {MAX_LENGTH} tokens at most")
`;

export const TRAINER = String.raw`
from contextlib import nullcontext

from datasets import Dataset
from trl import DPOConfig, DPOTrainer


class OrderedTrainer(DPOTrainer):
    """Trainer that takes the pairs in our order, and as the tokens that they are already."""

    def _get_train_sampler(self, *_, **__):
        return self.order

    def _prepare_dataset(self, dataset, *_, **__):
        return dataset


def loss_of(places):
    """Mean loss of these pairs, and the share whose preferred answer gained more."""
    half = torch.autocast("cuda", dtype=torch.bfloat16) if DEVICE == "cuda" else nullcontext()
    losses, right = [], []
    trainer.model.eval()
    for place in places:
        inputs = {
            key: value.to(trainer.model.device)
            for key, value in trainer.data_collator([valid[place]]).items()
        }
        with torch.no_grad(), trainer.compute_loss_context_manager(), half:
            losses.append(float(trainer.compute_loss(trainer.model, inputs)))
        right.append(float(trainer._metrics["eval"]["rewards/accuracies"][-1]))
    trainer._metrics["eval"].clear()
    trainer.model.train()
    return {"loss": sum(losses) / len(losses), "reward_accuracy": sum(right) / len(right)}


order = EpochOrder()
trainer = OrderedTrainer(
    model=model,  # Without its adapter it is the reference, too.
    processing_class=tokenizer,
    train_dataset=Dataset.from_list(train),
    peft_config=adapter,
    args=DPOConfig(**arguments, beta=BETA, max_length=MAX_LENGTH),
    callbacks=[Looks(order, loss_of, len(valid))],
)
trainer.order = order
trainer.train()
`;

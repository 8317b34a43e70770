export const EXAMPLES = String.raw`
def examples_of(rows):
    """Tokens and labels of each row. An answer whose weight is 0 is read and not learned."""
    examples = []
    for row in rows:
        messages = [normalize(message) for message in row["messages"]]
        trained = [
            place
            for place, given in enumerate(row["messages"])
            if messages[place]["role"] == "assistant" and given.get("weight", 1) != 0
        ]
        if not trained:
            raise ValueError(
                "A row has no answer whose weight is 1. Remove it and run the cells again."
            )
        examples.append(encode(messages[: trained[-1] + 1], trained, tools_of(row)))
    return examples


def cut(examples):
    """Keep the first MAX_LENGTH tokens of each example."""
    return [(ids[:MAX_LENGTH], labels[:MAX_LENGTH]) for ids, labels in examples]


train, valid = examples_of(train_rows), examples_of(valid_rows)
if MAX_LENGTH == "auto":
    MAX_LENGTH = min(LIMIT, max(len(ids) for ids, _ in train))
long = sum(len(ids) > MAX_LENGTH for ids, _ in train)
# An example whose answer does not fit teaches nothing.
train = [
    (ids, labels) for ids, labels in cut(train) if any(label != IGNORED for label in labels[1:])
]
valid = cut(valid)
lengths = [len(ids) for ids, _ in train]
if not train:
    raise ValueError("No answer fits into MAX_LENGTH tokens. Raise it and run the cells again.")
answers = sum(label != IGNORED for _, labels in train for label in labels[1:])
print(
    f"{len(train)} examples of {sum(lengths)} tokens, {answers} of them in answers;"
    f" {long} examples were cut at {MAX_LENGTH} tokens"
)
`;

export const TRAINER = String.raw`
from contextlib import nullcontext

from datasets import Dataset
from torch.nn.functional import cross_entropy
from trl import SFTConfig, SFTTrainer


class OrderedTrainer(SFTTrainer):
    """Trainer that takes the examples in our order."""

    def _get_train_sampler(self, *_, **__):
        return self.order


def loss_of(places):
    """Mean loss of the answers, in nats a token, and the share of tokens predicted right."""
    nats = tokens = right = 0
    half = (
        torch.autocast("cuda", dtype=torch.bfloat16 if HALF else torch.float16)
        if DEVICE == "cuda"
        else nullcontext()
    )
    trainer.model.eval()
    for place in places:
        ids, labels = valid[place]
        if all(label == IGNORED for label in labels[1:]):
            continue
        with torch.no_grad(), half:
            logits = trainer.model(
                input_ids=torch.tensor([ids], device=trainer.model.device), use_cache=False
            ).logits
        targets = torch.tensor(labels[1:], device=logits.device)
        logits = logits[0, :-1].float()
        nats += float(cross_entropy(logits, targets, ignore_index=IGNORED, reduction="sum"))
        right += int(((logits.argmax(dim=-1) == targets) & (targets != IGNORED)).sum())
        tokens += int((targets != IGNORED).sum())
    trainer.model.train()
    return {"loss": nats / tokens, "mean_token_accuracy": right / tokens} if tokens else {}


order = EpochOrder()
trainer = OrderedTrainer(
    model=model,
    processing_class=tokenizer,
    train_dataset=Dataset.from_dict(
        {"input_ids": [ids for ids, _ in train], "labels": [labels for _, labels in train]}
    ),
    peft_config=adapter,
    args=SFTConfig(
        **arguments,
        max_length=None,
        padding_free=PACKING,
        dataset_kwargs={"skip_prepare_dataset": True},  # The examples are tokens already.
    ),
    callbacks=[Looks(order, loss_of, len(valid))],
)
trainer.order = order
trainer.train()
`;

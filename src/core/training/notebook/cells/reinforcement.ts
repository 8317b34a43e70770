export const GRADERS = String.raw`
import ast
import operator
import re
from collections import Counter

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

NUMBER = re.compile(r"(?:(?<![^\W_])[-+])?(?:\d*\.\d+|\d+)(?:[eE][-+]?\d{1,3}(?![^\W_]))?")


def fill(template, item, sample):
    """Replace {{item.a.b}}, {{sample.output_text}} and {{sample.output_json.a}}."""
    try:
        parsed = json.loads(sample)
    except ValueError:
        parsed = None

    def value(match):
        at = {"item": item, "sample": {"output_text": sample, "output_json": parsed}}
        for key in match.group(1).split("."):
            at = at.get(key) if isinstance(at, dict) else None
        return (
            "" if at is None else at if isinstance(at, str) else json.dumps(at, ensure_ascii=False)
        )

    return re.sub(r"\{\{\s*([\w.]+)\s*\}\}", value, template)


def read_number(text):
    """First number of a text; $ and , are dropped."""
    match = NUMBER.search(re.sub(r"[$,]", "", text).replace("\u2212", "-"))
    value = float(match.group()) if match else math.nan
    return value if math.isfinite(value) else None


def words(text):
    return re.findall(r"[^\W_]+", text.lower())


def grams(parts, size):
    return Counter(tuple(parts[start : start + size]) for start in range(len(parts) - size + 1))


def similarity(metric, left, right):
    """Similarity of two texts, from 0 to 1."""
    if metric == "fuzzy_match":
        return fuzz.ratio(left, right) / 100
    ours, theirs = words(left), words(right)
    if metric == "rouge_l":
        return (
            2 * LCSseq.similarity(ours, theirs) / (len(ours) + len(theirs))
            if ours or theirs
            else 0.0
        )
    if metric == "gleu":
        a, b = (
            sum((grams(parts, size) for size in range(1, 5)), Counter()) for parts in (ours, theirs)
        )
        return (a & b).total() / max(a.total(), b.total(), 1)
    a, b = grams(ours, int(metric[-1])), grams(theirs, int(metric[-1]))
    return 2 * (a & b).total() / max(a.total() + b.total(), 1)


OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
FUNCTIONS = {
    "min": min,
    "max": max,
    "abs": abs,
    **{name: getattr(math, name) for name in ("floor", "ceil", "exp", "sqrt", "log")},
}


def calculate(node, grades):
    """Arithmetic over grades. The formula is walked by hand, so that it can call nothing else."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name):
            return grades[name]
        case ast.UnaryOp(op=op, operand=inner):
            return OPERATORS[type(op)](calculate(inner, grades))
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](calculate(left, grades), calculate(right, grades))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return FUNCTIONS[name](*(calculate(arg, grades) for arg in args))
    raise ValueError("The formula of the grader cannot be computed.")


def grade(grader, item, sample):
    """Reward of an answer."""
    if grader["type"] == "multi":
        try:
            grades = {name: grade(part, item, sample) for name, part in grader["graders"].items()}
            value = calculate(ast.parse(grader["calculate_output"], mode="eval").body, grades)
            return float(value) if math.isfinite(value) else float(grader.get("invalid_grade", 0))
        except (ArithmeticError, TypeError, ValueError):
            return float(grader.get("invalid_grade", 0))
    left, right = fill(grader["input"], item, sample), fill(grader["reference"], item, sample)
    if grader["type"] == "string_check":
        checks = {
            "eq": left == right,
            "ne": left != right,
            "like": right in left,
            "ilike": right.casefold() in left.casefold(),
        }
        return float(checks[grader["operation"]])
    if grader["type"] == "text_similarity":
        return similarity(grader["evaluation_metric"], left, right)
    guess, truth = read_number(left), read_number(right)
    return (
        0.0
        if guess is None or truth is None
        else max(0.0, 1 - abs(guess - truth) / (abs(truth) or 1.0))
    )
`;

export const EXAMPLES = String.raw`
def tasks_of(rows):
    """Rendered prompt of each row, and the row itself, which the grader reads."""
    adds_start = tokenizer.bos_token and tokenizer("x")["input_ids"][:1] == [tokenizer.bos_token_id]
    tasks = []
    for row in rows:
        text = render(
            [normalize(message) for message in row["messages"]], tools_of(row), prompt=True
        )
        # The tokenizer would write the start token a second time.
        text = text.removeprefix(tokenizer.bos_token) if adds_start else text
        tasks.append({"prompt": text, "item": json.dumps(row, ensure_ascii=False)})
    return tasks


train, valid = tasks_of(train_rows), tasks_of(valid_rows)
lengths = [len(tokenizer(task["prompt"])["input_ids"]) for task in train]
if MAX_LENGTH == "auto":
    MAX_LENGTH = min(LIMIT, max(lengths) + 256)
fits = [place for place, length in enumerate(lengths) if length < MAX_LENGTH]
train, lengths = [train[place] for place in fits], [lengths[place] for place in fits]
if not train:
    raise ValueError(
        "No prompt leaves room for an answer. Raise MAX_LENGTH and run the cells again."
    )
print(f"{len(train)} prompts of {max(lengths)} tokens at most")
`;

export const TRAINER = String.raw`
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer


def reward(completions, item, **_):
    """Rewards of sampled answers."""
    return [
        grade(GRADER, json.loads(row), text) for row, text in zip(item, completions, strict=True)
    ]


def reward_of(places):
    """Mean reward of the most probable answers to these validation prompts."""
    rewards = []
    trainer.model.eval()
    for place in places:
        inputs = tokenizer(valid[place]["prompt"], return_tensors="pt").to(trainer.model.device)
        with torch.no_grad(), torch.autocast(DEVICE, torch.bfloat16, enabled=DEVICE == "cuda"):
            out = trainer.model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                do_sample=False,
                max_new_tokens=ANSWER_TOKENS,
                pad_token_id=tokenizer.pad_token_id,
            )
        answer = tokenizer.decode(out[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        rewards.append(grade(GRADER, json.loads(valid[place]["item"]), answer))
    trainer.model.train()
    return {"reward": sum(rewards) / len(rewards)}


arguments["per_device_train_batch_size"] = EXAMPLES_AT_ONCE * ANSWERS
trainer = GRPOTrainer(
    model=model,
    processing_class=tokenizer,
    reward_funcs=[reward],
    train_dataset=Dataset.from_list(train),
    peft_config=adapter,
    args=GRPOConfig(
        **arguments,
        beta=BETA,
        num_generations=ANSWERS,
        max_completion_length=ANSWER_TOKENS,
        log_completions=False,
    ),
    callbacks=[Looks(None, reward_of, len(valid))],
)
trainer.train()
`;

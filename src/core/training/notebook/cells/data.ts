// Cells that all methods share: the files, the model, and the texts that its chat template makes of messages.

export const FILES = String.raw`
import json
from pathlib import Path


def bring(name):
    """Path of a file beside this notebook; Colab asks for an upload where it is missing."""
    if not Path(name).is_file():
        try:
            from google.colab import files
        except ImportError:
            raise FileNotFoundError(
                f"Put {name} into the folder of this notebook and run the cell again."
            ) from None
        print(f"Choose {name}, which lies beside the notebook that you opened.")
        files.upload()
        if not Path(name).is_file():
            raise FileNotFoundError(f"{name} was not uploaded. Run the cell again and choose it.")
    return Path(name)


def read_rows(name):
    """Read the rows of a JSONL file."""
    rows = []
    with bring(name).open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                rows.append(json.loads(line))
            except ValueError as error:
                raise ValueError(
                    f"Line {number} of {name} is not JSON. Correct it and run the cell again."
                ) from error
    return rows


train_rows = read_rows(TRAINING_FILE)
valid_rows = read_rows(VALIDATION_FILE) if VALIDATION_FILE else []
print(f"{len(train_rows)} rows for training, {len(valid_rows)} for validation")
`;

export const MODEL = String.raw`
import os

# One GPU: with several, a library would split the batches behind our back.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

DEVICE = (
    "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
)
HALF = DEVICE == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
DTYPE = torch.bfloat16 if HALF else torch.float32
if LOAD_IN_4BIT and DEVICE != "cuda":
    raise RuntimeError(
        "4-bit weights need a CUDA GPU. Choose a GPU runtime, or set LOAD_IN_4BIT to False."
    )

# Base models have no chat template: they get this one, which is saved with the adapter.
PLAIN_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '### ' + message['role'] + '\\n' + message['content'] }}"
    "{{ (eos_token if message['role'] == 'assistant' else '') + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '### assistant\\n' }}{% endif %}"
)

# Code that comes with a model is never run.
config = AutoConfig.from_pretrained(BASE_MODEL, revision=REVISION, trust_remote_code=False)
tokenizer = AutoTokenizer.from_pretrained(BASE_MODEL, revision=REVISION, trust_remote_code=False)
if tokenizer.pad_token_id is None:
    tokenizer.pad_token = (
        tokenizer.eos_token or tokenizer.unk_token or tokenizer.convert_ids_to_tokens(0)
    )
if not tokenizer.chat_template:
    tokenizer.chat_template = PLAIN_TEMPLATE
limits = [
    getattr(config, "max_position_embeddings", None),
    getattr(tokenizer, "model_max_length", None),
]
LIMIT = min(
    (limit for limit in limits if isinstance(limit, int) and 0 < limit < 10_000_000), default=2048
)
print(f"{BASE_MODEL} on {DEVICE} in {str(DTYPE).removeprefix('torch.')}, {LIMIT} tokens at most")
`;

export const MESSAGES = String.raw`
def text_of(content):
    """Text of a message; parts of text are joined."""
    if content is None or isinstance(content, str):
        return content or ""
    if not all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in content):
        raise ValueError("A message has a part that is no text, and only text can be trained.")
    return "".join(part["text"] for part in content)


def call_of(call):
    """Tool call with its arguments as an object: templates write them as JSON themselves."""
    function = call["function"]
    arguments = function.get("arguments", {})
    arguments = json.loads(arguments) if isinstance(arguments, str) else arguments
    return {
        "type": "function",
        "id": call.get("id", ""),
        "function": {"name": function["name"], "arguments": arguments},
    }


def normalize(message):
    """Message in the form that chat templates expect."""
    role = "system" if message["role"] == "developer" else message["role"]
    result = {"role": role, "content": text_of(message.get("content"))}
    calls = list(message.get("tool_calls") or [])
    if isinstance(message.get("function_call"), dict):
        calls.append({"type": "function", "function": message["function_call"]})
    if calls:
        result["tool_calls"] = [call_of(call) for call in calls]
    result.update(
        {key: message[key] for key in ("name", "tool_call_id") if isinstance(message.get(key), str)}
    )
    return result


def tools_of(row):
    """Tools of a row, also in their old form."""
    functions = [
        {"type": "function", "function": function} for function in row.get("functions") or []
    ]
    return row.get("tools") or functions or None


def render(messages, tools=None, *, prompt=False):
    """Text of a conversation; with prompt, up to the place where the model's answer begins."""
    return tokenizer.apply_chat_template(
        messages, tools=tools, add_generation_prompt=prompt, tokenize=False
    )
`;

export const ENCODE = String.raw`
IGNORED = -100  # Label of a token whose loss does not count.


def common(left, right):
    """Number of characters with which both texts begin."""
    if right.startswith(left):
        return len(left)
    return next(place for place, (a, b) in enumerate(zip(left, right, strict=False)) if a != b)


def answer_span(messages, tools, text, place):
    """First character of an answer in the rendered text, and the one behind its end token."""
    start = common(render(messages[:place], tools, prompt=True), text)
    end = common(render(messages[: place + 1], tools), text)
    eos, content = tokenizer.eos_token or "", messages[place]["content"]
    if content and (end <= start or content not in text[start:end]):
        # Some templates write an earlier answer otherwise (without its thoughts, for example).
        found = text.find(content, start)
        if found >= 0:
            start, end = found, found + len(content)
            end += len(eos) if eos and text.startswith(eos, end) else 0
    # Templates write a line break behind the end token, which no model has to predict.
    trimmed = text[start:end].rstrip()
    return start, start + len(trimmed) if eos and trimmed.endswith(eos) else end


def encode(messages, trained, tools=None):
    """Tokens of a conversation, and their labels: IGNORED but in the trained answers."""
    text = render(messages, tools)
    spans = [answer_span(messages, tools, text, place) for place in trained]
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    labels = [
        token
        if end > start and any(start >= first and end <= last for first, last in spans)
        else IGNORED
        for token, (start, end) in zip(encoded["input_ids"], encoded["offset_mapping"], strict=True)
    ]
    return list(encoded["input_ids"]), labels
`;

"""Parts that need no model: text of tokens, stops, choice of tokens, tool calls."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import torch

from tuning_fork_trainer.serving.answers import Answer, CallReader
from tuning_fork_trainer.serving.backend import Finished, Started, Text
from tuning_fork_trainer.serving.choosing import choose
from tuning_fork_trainer.serving.decoding import Decoder, StopFilter, TokenBytes, shown
from tuning_fork_trainer.serving.prompt_cache import PromptCache
from tuning_fork_trainer.serving.prompts import HERMES, tool_form
from tuning_fork_trainer.serving.requests import Sampling, parse_request

from .conftest import make_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return make_tokenizer()


def sentence_pieces() -> Any:
    """Tokenizer with SentencePiece's spaces and byte tokens, as Llama 2 has."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<unk>", "</s>", *(f"<0x{octet:02X}>" for octet in range(256)), "▁is", "▁", "$", "▁Price"]
    model = models.Unigram([(word, 0.0) for word in words], unk_id=0, byte_fallback=True)
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>", unk_token="<unk>")


@pytest.mark.parametrize("text", ["Price is $120", "naïve 🎵🎶 é", "日本語", "  two  spaces ", "\n\n"])
def test_decoder_shows_whole_characters_only(tokenizer: Any, text: str) -> None:
    decoder = Decoder(tokenizer, tokenizer("What")["input_ids"])
    pieces = [decoder.add(token) for token in tokenizer(text)["input_ids"]]
    assert "".join(pieces) + decoder.flush() == text
    assert not any("\ufffd" in piece for piece in pieces)


def test_decoder_writes_bytes_that_are_no_character_as_any_decoder(tokenizer: Any) -> None:
    chance = random.Random(3)  # noqa: S311 - no secret
    for _ in range(50):
        tokens = [chance.randrange(3, len(tokenizer)) for _ in range(40)]
        decoder = Decoder(tokenizer, [])
        assert "".join(decoder.add(token) for token in tokens) + decoder.flush() == tokenizer.decode(tokens)


def test_decoder_keeps_the_space_behind_a_prefix() -> None:
    tokenizer = sentence_pieces()
    tokens = tokenizer.convert_tokens_to_ids(["▁Price", "▁is", "▁", "$", "<0xC3>", "<0xA9>"])
    decoder = Decoder(tokenizer, tokens[:1])
    assert [decoder.add(token) for token in tokens[1:]] == [" is", " ", "$", "", "é"]
    octets = TokenBytes(tokenizer)
    assert [octets.of(token) for token in tokens] == [b" Price", b" is", b" ", b"$", b"\xc3", b"\xa9"]


def test_bytes_of_tokens_join_to_the_text(tokenizer: Any) -> None:
    text = "naïve 🎵 Price\n"
    octets = TokenBytes(tokenizer)
    assert b"".join(octets.of(token) for token in tokenizer(text)["input_ids"]) == text.encode()
    assert octets.of(tokenizer.eos_token_id) == b"<|im_end|>"
    assert octets.of(99_999) == b""
    assert shown(b"\xf0\x9f") == "\\xf0\\x9f"


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_stops_are_found_however_the_text_is_cut(size: int) -> None:
    text = "Price is $120.\n\nThe end"
    for stops, expected in [
        (("\n\n",), "Price is $120."),
        (("end", "$1"), "Price is "),
        (("$2",), text),
        (("The end!",), text),
        ((), text),
    ]:
        filter_ = StopFilter(stops)
        shown_text = ""
        for place in range(0, len(text), size):
            shown_text += filter_.add(text[place : place + size])
            if filter_.stopped:
                break
        assert shown_text + filter_.flush() == expected


def test_nothing_of_a_stop_is_shown_before_it_is_refuted() -> None:
    filter_ = StopFilter(("###",))
    assert [filter_.add(piece) for piece in ("a#", "#", "b", "##")] == ["a", "", "##b", ""]
    assert filter_.flush() == "##"


def test_draws_follow_the_distribution() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]]))
    draws = [place / 1000 for place in range(1000)]

    def shares(sampling: Sampling) -> list[float]:
        tokens = choose(logits.expand(1000, 4), [sampling] * 1000, draws)
        return [tokens.count(token) / 1000 for token in range(4)]

    assert shares(Sampling(1.0, 1.0)) == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.002)
    assert shares(Sampling(1.0, 0.8)) == pytest.approx([0.625, 0.375, 0, 0], abs=0.002)
    assert shares(Sampling(1.0, 0.81)) == pytest.approx([0.5 / 0.95, 0.3 / 0.95, 0.15 / 0.95, 0], abs=0.002)
    squares = [0.25, 0.09, 0.0225, 0.0025]
    assert shares(Sampling(0.5, 1.0)) == pytest.approx([one / sum(squares) for one in squares], abs=0.002)
    assert shares(Sampling(0.0, 1.0)) == [1, 0, 0, 0]
    assert shares(Sampling(1.0, 0.0)) == [1, 0, 0, 0]


def test_wide_nucleus_is_found_beyond_the_first_tokens() -> None:
    logits = torch.zeros((2, 4000))
    assert choose(logits, [Sampling(1.0, 0.9)] * 2, [0.0, 0.999999])[1] > 512


CALL = '<tool_call>\n{"name": "price", "arguments": {"item": "é"}}\n</tool_call>'


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_tool_calls_are_taken_out_of_the_text(size: int) -> None:
    text = "Let me look. " + CALL + "\n" + CALL
    reader = CallReader(HERMES)
    content = "".join(reader.add(text[place : place + size]) for place in range(0, len(text), size))
    rest, calls = reader.end()
    assert content + rest == "Let me look. "
    assert [call["function"]["name"] for call in calls] == ["price", "price"]
    assert json.loads(calls[0]["function"]["arguments"]) == {"item": "é"}
    assert calls[0]["id"] != calls[1]["id"]


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>not json</tool_call>",
        "<tool_call>{",
        "a <tool_call>[1]</tool_call> b",
        "<tool",
        '<tool_call>{"name": 3}</tool_call>',
    ],
)
@pytest.mark.parametrize("form", [HERMES, None])
def test_text_that_is_no_call_stays_text(text: str, form: str | None) -> None:
    reader = CallReader(form)
    content = "".join(reader.add(letter) for letter in text)
    rest, calls = reader.end()
    assert content + rest == text
    assert calls == []


def test_only_the_known_form_of_calls_is_read(tokenizer: Any) -> None:
    assert tool_form(tokenizer) == HERMES
    other = make_tokenizer()
    other.chat_template = "{{ messages }}<tool_call><function=name></function></tool_call>"
    assert tool_form(other) is None


@pytest.mark.parametrize(("settings", "count"), [({}, 2), ({"parallel_tool_calls": False}, 1)])
def test_calls_in_parallel_can_be_forbidden(settings: dict[str, Any], count: int) -> None:
    asked = {"model": "m", "messages": [{"role": "user", "content": "x"}], "tools": [{"function": {}}], **settings}
    answer = Answer(parse_request(json.dumps(asked).encode()))
    events: list[Started | Text | Finished] = [
        Started(1, HERMES),
        Text(0, CALL + CALL),
        Finished(0, "stop", 9),
    ]
    chunks = [chunk for event in events for chunk in answer.take(event)]
    message = answer.completion()["choices"][0]["message"]
    assert len(message["tool_calls"]) == count
    streamed = [chunk["choices"][0]["delta"].get("tool_calls", []) for chunk in chunks]
    assert sum(map(len, streamed)) == count


def test_prompts_are_kept_up_to_a_number_of_bytes() -> None:
    from transformers import DynamicCache

    cache = DynamicCache()
    keys = torch.arange(2 * 1 * 4 * 2, dtype=torch.float32).reshape(2, 1, 4, 2)
    cache.update(keys, -keys, 0)
    logits = torch.zeros(4)
    one = (2 * 4 * 2 + 4) * 4  # Keys and values of four tokens with two numbers each, logits; four bytes a number.
    kept = PromptCache(most_bytes=2 * one)
    for prompt in ((1, 2, 3, 4), (5, 6, 7, 8)):
        kept.put(None, prompt, cache, 1, logits)
    assert kept.get("adapter", (1, 2, 3, 4)) is None
    assert kept.get(None, (1, 2, 3, 4)) is not None  # Used last, so the other one goes first.
    kept.put("adapter", (9, 9), cache, 1, logits)
    assert kept.get(None, (5, 6, 7, 8)) is None
    assert kept.get(None, (1, 2, 3, 4)) is not None
    short = kept.get("adapter", (9, 9))
    assert short is not None
    # The prompt is padded on the left, and stands behind its padding.
    assert torch.equal(short.layers[0][0], keys[1:, :, 2:])
    assert torch.equal(short.layers[0][1], -keys[1:, :, 2:])
    kept.forget("adapter")
    assert len(kept) == 1
    kept.put(None, tuple(range(4)), cache, 0, torch.zeros(1000))
    assert len(kept) == 1  # Larger than all that may be kept.

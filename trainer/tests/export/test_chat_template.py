"""Chat templates in Go's form write what the tokenizers' own write."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tuning_fork_trainer.chat import render
from tuning_fork_trainer.export.chat_parts import as_ollama, checked_template
from tuning_fork_trainer.export.go_template import TemplateError
from tuning_fork_trainer.export.go_template import render as render_go
from tuning_fork_trainer.export.modelfile import stops_of
from tuning_fork_trainer.protocol import Refusal

from . import templates

SPECIAL = [
    *("<|im_start|>", "<|im_end|>", "<pad>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>"),
    *("<start_of_turn>", "<end_of_turn>", "<|end|>", "<|user|>", "<|assistant|>", "<s>", "</s>"),
]
SYSTEM = {"role": "system", "content": "Answer with {a: 1} “prices”.\nBe brief."}
USER = {"role": "user", "content": "How much\n\nis <b>it</b>?"}
ANSWER = {"role": "assistant", "content": "Price is $5.00"}
MORE = {"role": "user", "content": "{{ .System }} and now?"}


def tokenizer(template: str | None) -> Any:
    from transformers import PreTrainedTokenizerFast

    from ..support import byte_level

    made = PreTrainedTokenizerFast(
        tokenizer_object=byte_level(SPECIAL, ["a b c"] * 5), pad_token="<pad>", bos_token="<s>", eos_token="</s>"
    )
    made.chat_template = template
    return made


@pytest.mark.parametrize(
    ("name", "stops"),
    [
        ("CHATML", ["<|im_end|>", "</s>"]),
        ("LLAMA_3", ["<|eot_id|>", "</s>"]),
        ("LLAMA_32", ["<|eot_id|>", "</s>"]),
        ("GEMMA_2", ["<end_of_turn>", "</s>"]),
        ("GEMMA_3", ["<end_of_turn>", "</s>"]),
    ],
)
@pytest.mark.parametrize("without_start", [False, True])
def test_writes_the_same_prompt(name: str, stops: list[str], without_start: bool) -> None:
    own = tokenizer(getattr(templates, name))
    template, parts = checked_template(own, without_start=without_start)
    conversations = [[USER], [USER, ANSWER, MORE], [USER, ANSWER, MORE, ANSWER, USER]]
    if name != "GEMMA_2":
        conversations += [[SYSTEM, *messages] for messages in conversations]
    for messages in conversations:
        wanted = render(own, [dict(one) for one in messages], prompt=True)
        if without_start:
            wanted = wanted.removeprefix("<s>")
        assert as_ollama(template, messages) == wanted
    assert stops_of(parts, own) == stops
    assert (parts.system is None) == (name == "GEMMA_2")
    assert (time.strftime("%d %b %Y") in template) == (name == "LLAMA_32")


@pytest.mark.parametrize("name", ["MISTRAL", "THINKING", "PHI_3", None])
def test_refuses_what_it_cannot_write(name: str | None) -> None:
    own = tokenizer(None if name is None else getattr(templates, name))
    with pytest.raises(Refusal, match="chat template") as caught:
        checked_template(own, without_start=False)
    assert caught.value.code == "bad-template"


def test_a_template_that_only_looks_alike_is_refused() -> None:
    # The second answer has another end, which three turns do not show.
    odd = templates.CHATML.replace("'<|im_end|>' + '\n'}}", "('<|im_end|>' if loop.index0 < 3 else '<|end|>') + '\n'}}")
    assert odd != templates.CHATML
    with pytest.raises(Refusal):
        checked_template(tokenizer(odd), without_start=False)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a{{ .Name }}b", "axb"),
        ("{{ range $i, $m := .List }}{{ $i }}{{ .K }}{{ $m.K }}{{ $.Name }};{{ end }}", "011x;122x;"),
        ("{{ range .List }}{{ .K }}{{ end }}", "12"),
        ('{{ if eq .Name "y" }}1{{ else if and .Name (ne .Name "z") }}2{{ else }}3{{ end }}', "2"),
        ("{{ if .Nothing }}1{{ else }}3{{ end }}", "3"),
        ("{{ if not .Nothing }}1{{ end }}", "1"),
        ('{{ if or .Nothing (eq 1 2 1) }}{{ "a\\nb" }}{{ end }}', "a\nb"),
    ],
)
def test_writes_as_go_does(text: str, written: str) -> None:
    assert render_go(text, {"Name": "x", "Nothing": "", "List": [{"K": 1}, {"K": 2}]}) == written


@pytest.mark.parametrize(
    "text",
    [
        *("{{ end }}", "{{ if .A }}", "{{ else }}", "{{- .A }}", "{{ .A -}}", "{{ }}", "{{ printf .A }}"),
        *(
            "{{ .A",
            "}}",
            "{{ $x }}",
            "{{ not }}",
            "{{ eq .A (not .A }}",
            "{{ .A | html }}",
            "{{ .A.B }}",
            "{{ .A .A }}",
        ),
        "{{ range .A }}{{ else }}{{ end }}",
    ],
)
def test_refuses_what_go_refuses_or_is_not_read_here(text: str) -> None:
    with pytest.raises(TemplateError):
        render_go(text, {"A": "x"})

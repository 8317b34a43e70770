"""Command `inspect`: facts about a model without loading its weights."""

from __future__ import annotations

import argparse
from typing import Any

from .chat import template_facts
from .job import Job
from .models import Source, load_config, load_tokenizer, locate, longest
from .protocol import Channel, Refusal


def main(arguments: list[str]) -> int:
    """Print one JSON object about `--model`; an error message and exit code 1 where it cannot be used."""
    parser = argparse.ArgumentParser(prog="tuning_fork_trainer inspect")
    parser.add_argument("--model", required=True)
    parser.add_argument("--revision")
    given = parser.parse_args(arguments)
    channel = Channel.claim_stdout()
    try:
        channel.emit("inspection", **inspect(given.model, given.revision))
    except Refusal as refusal:
        channel.error(refusal)
        return 1
    return 0


def inspect(model: str, revision: str | None = None) -> dict[str, Any]:
    """Facts about a model; raises Refusal. `max_length` is in tokens."""
    source = locate(model, revision)
    config, tokenizer = load_config(source), load_tokenizer(source)
    facts = template_facts(tokenizer)
    return {
        "parameters": parameters_of(source, config),
        "architecture": (getattr(config, "architectures", None) or [type(config).__name__])[0],
        "has_chat_template": facts.has_template,
        "drops_system_message": facts.drops_system,
        "drops_tools": facts.drops_tools,
        "has_end_token": facts.has_end_token,
        "max_length": longest(config, tokenizer),
    }


def empty_model(config: Any) -> Any:
    """Model without weights, which takes no memory; raises Refusal (`bad-model`) for an architecture that is not known."""
    import torch
    from transformers import AutoModelForCausalLM

    try:
        with torch.device("meta"):
            return AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    except ValueError as error:
        raise Refusal(
            "bad-model",
            "The model is none that writes text, or its architecture is not known here.",
            "Choose another model.",
        ) from error


def parameters_of(source: Source, config: Any) -> int:
    """Count of weights; weights that are shared by two layers count once."""
    model = empty_model(config)
    model.tie_weights()
    return sum({id(parameter): parameter.numel() for parameter in model.parameters()}.values())


def lora_parameters(config: Any, job: Job) -> int:
    """Weights of the adapter of a job; raises Refusal (`bad-job`) for layers that the model does not have."""
    from peft import get_peft_model

    from .common import lora

    try:
        model = get_peft_model(empty_model(config), lora(job))
    except ValueError as error:
        raise Refusal(
            "bad-job", 'The model has none of the layers in "target_modules".', 'Set it to "all-linear".'
        ) from error
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)

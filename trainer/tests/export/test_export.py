"""Exports of a trained adapter: the same answers, whole folders, nothing of this machine in them."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import torch

from tuning_fork_trainer.export.command import export_failure, run
from tuning_fork_trainer.export.modelfile import cut_digest, make_modelfile
from tuning_fork_trainer.export.order import load_order
from tuning_fork_trainer.export.rope import older_names, write_older_names
from tuning_fork_trainer.models import Source, load_model, load_tokenizer, locate
from tuning_fork_trainer.protocol import Channel, Refusal

from ..support import Job, chat_row, make_model, make_tokenizer, of, run_command, write_rows
from ..test_supervised import check

BASE_NAME = "someone/tiny-llama"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Base model and the adapter of a short training."""
    folder = tmp_path_factory.mktemp("trained")
    base = make_model(folder / "base")
    job = Job(
        folder / "job.json",
        {
            "version": 1,
            "method": "supervised",
            "model": str(base),
            "training_file": str(write_rows(folder / "train.jsonl", 24)),
            "output": str(folder / "out"),
            "device": "cpu",
            "threads": 1,
            "hyperparameters": {"n_epochs": 2, "batch_size": 8, "learning_rate_multiplier": 20},
            "advanced": {"lora_rank": 4},
        },
    )
    return base, Path(of(job.run(), "model")[0]["path"])


def order_of(trained: tuple[Path, Path], folder: Path, form: str, **changes: Any) -> Path:
    base, adapter = trained
    order = {
        "version": 1,
        "form": form,
        "adapter": str(adapter),
        "model": str(base),
        "revision": None,
        "base_name": BASE_NAME,
        "output": str(folder / "export"),
        "card": "---\nlicense: mit\n---\n\n# Card\n",
        **changes,
    }
    path = folder / "order.json"
    path.write_text(json.dumps(order), encoding="utf-8")
    return path


def export(trained: tuple[Path, Path], folder: Path, form: str, **changes: Any) -> list[dict[str, Any]]:
    out = StringIO()
    run(load_order(order_of(trained, folder, form, **changes)), Channel(out))
    return [json.loads(line) for line in out.getvalue().splitlines()]


def logits(model: Any, tokenizer: Any) -> torch.Tensor:
    rows = [chat_row(number)["messages"] for number in range(3)]
    with torch.inference_mode():
        return torch.cat([model(tokens(tokenizer, row)).logits[0] for row in rows])


def tokens(tokenizer: Any, messages: list[Any]) -> torch.Tensor:
    text = tokenizer.apply_chat_template(messages, tokenize=False)
    return torch.tensor([tokenizer(text, add_special_tokens=False)["input_ids"]])


def tuned(trained: tuple[Path, Path]) -> Any:
    from peft import PeftModel

    base, adapter = trained
    return PeftModel.from_pretrained(load_model(locate(str(base)), "cpu"), str(adapter)).eval()


def nothing_of_this_machine(folder: Path, trained: tuple[Path, Path]) -> None:
    for file in folder.rglob("*"):
        if not file.is_file():
            continue
        content = file.read_bytes()
        for place in (*map(str, trained), str(folder), str(Path.home()), "/tmp/", "/pytest"):  # noqa: S108 - looked for
            assert place.encode() not in content, (file.name, place)
        assert b"How much is" not in content, file.name


def test_merged_gives_the_logits_of_base_and_adapter(
    trained: tuple[Path, Path], tmp_path: Path, protocol: dict[str, Any]
) -> None:
    messages = export(trained, tmp_path, "merged")
    check(protocol, messages, "ExportOutput")
    assert [message.get("stage") for message in messages[:2]] == ["base", "merge"]
    folder = tmp_path / "export"
    source = locate(str(folder))
    tokenizer = load_tokenizer(source)
    wanted = logits(tuned(trained), tokenizer)
    found = logits(load_model(source, "cpu").eval(), tokenizer)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)
    # The adapter has moved them, so that a base without it would not pass.
    base = logits(load_model(locate(str(trained[0])), "cpu").eval(), tokenizer)
    assert (base - wanted).abs().max() > 0.1
    assert tokenizer.chat_template == load_tokenizer(locate(str(trained[0]))).chat_template
    assert (folder / "README.md").read_text(encoding="utf-8") == "---\nlicense: mit\n---\n\n# Card\n"
    told = {file["name"]: file["bytes"] for file in messages[-1]["files"]}
    assert told == {file.name: file.stat().st_size for file in folder.iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json", "chat_template.jinja"} <= set(told)
    nothing_of_this_machine(folder, trained)


def test_merged_keeps_the_type_of_the_base(trained: tuple[Path, Path], tmp_path: Path) -> None:
    base = tmp_path / "half"
    load_model(locate(str(trained[0])), "cpu").to(torch.bfloat16).save_pretrained(base)
    load_tokenizer(locate(str(trained[0]))).save_pretrained(base)
    export((base, trained[1]), tmp_path, "merged")
    weights = (tmp_path / "export" / "model.safetensors").stat().st_size
    assert weights < 0.6 * (trained[0] / "model.safetensors").stat().st_size
    assert json.loads((tmp_path / "export" / "config.json").read_text())["dtype"] == "bfloat16"


def test_adapter_is_loaded_on_its_base(trained: tuple[Path, Path], tmp_path: Path, protocol: dict[str, Any]) -> None:
    from peft import PeftModel

    messages = export(trained, tmp_path, "adapter", revision="c" * 40)
    check(protocol, messages, "ExportOutput")
    folder = tmp_path / "export"
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    assert (config["base_model_name_or_path"], config["revision"]) == (BASE_NAME, "c" * 40)
    # Optimizer, notes of the training and its own card stay behind.
    assert {"adapter_config.json", "adapter_model.safetensors", "README.md"} <= {one.name for one in folder.iterdir()}
    assert not list(folder.glob("training*")) + list(folder.glob("*.pt")) + list(folder.glob("complete.json"))
    tokenizer = load_tokenizer(Source(folder))
    model = PeftModel.from_pretrained(load_model(locate(str(trained[0])), "cpu"), str(folder)).eval()
    torch.testing.assert_close(logits(model, tokenizer), logits(tuned(trained), tokenizer))
    nothing_of_this_machine(folder, trained)


def test_modelfile_has_template_and_stops(trained: tuple[Path, Path], tmp_path: Path, protocol: dict[str, Any]) -> None:
    messages = export(trained, tmp_path, "ollama")
    check(protocol, messages, "ExportOutput")
    folder = tmp_path / "export"
    text = (folder / "Modelfile").read_text(encoding="utf-8")
    commands = re.findall(r"^[A-Z]+ ", re.sub(r'""".*?"""', "", text, flags=re.DOTALL), re.MULTILINE)
    assert commands == ["FROM ", "TEMPLATE ", "PARAMETER "]
    assert "\nFROM .\n" in text
    assert 'PARAMETER stop "<|im_end|>"\n' in text
    assert (folder / "model.safetensors").is_file()
    # Where these are absent, Ollama takes other positions, and adds a second start token for some tokenizers.
    assert json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))["add_bos_token"] is False
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["rope_theta"] == config["rope_parameters"]["rope_theta"]
    # How a tokenizer of its own cuts a text is not known to Ollama.
    assert [notice["code"] for notice in of(messages, "notice")] == ["tokenizer"]
    nothing_of_this_machine(folder, trained)


LLAMA_31 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 256,
}
LONG = {"rope_type": "longrope", "long_factor": [2.0] * 4, "short_factor": [1.0] * 4}


@pytest.mark.parametrize(
    ("made", "values", "older"),
    [
        ("LlamaConfig", {"rope_theta": 5e5}, {"rope_theta": 5e5}),
        (
            "LlamaConfig",
            {"rope_theta": 5e5, "rope_scaling": LLAMA_31},
            {"rope_theta": 5e5, "rope_scaling": {**LLAMA_31, "type": "llama3"}},
        ),
        ("Gemma3TextConfig", {}, {"rope_theta": 1e6, "rope_local_base_freq": 1e4}),
        (
            "Phi3Config",
            {"pad_token_id": 0, "hidden_size": 32, "num_attention_heads": 4, "rope_scaling": LONG},
            {
                "rope_theta": 1e4,
                "partial_rotary_factor": 1.0,
                "rope_scaling": {"type": "longrope", "long_factor": [2.0] * 4, "short_factor": [1.0] * 4},
            },
        ),
    ],
)
def test_rotary_positions_have_their_older_names_too(
    made: str, values: dict[str, Any], older: dict[str, Any], tmp_path: Path
) -> None:
    import transformers

    config = getattr(transformers, made)(**values)
    config.save_pretrained(tmp_path)
    saved = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    write_older_names(tmp_path)
    written = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert written == {**saved, **older}
    # The older names change nothing where both are read.
    again = transformers.AutoConfig.from_pretrained(tmp_path).rope_parameters
    again.pop("type", None)
    config.rope_parameters.pop("type", None)
    assert again == config.rope_parameters
    assert older_names({"model_type": "llama"}) == {}


def test_ollama_refuses_before_the_weights_are_read(
    trained: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuning_fork_trainer.export.command.load_model", lambda *_: pytest.fail("was read"))
    config = json.loads((trained[0] / "config.json").read_text(encoding="utf-8"))
    base = tmp_path / "base"
    base.mkdir()
    for file in trained[0].iterdir():
        (base / file.name).write_bytes(file.read_bytes())
    (base / "config.json").write_text(json.dumps({**config, "architectures": ["MambaForCausalLM"]}), encoding="utf-8")
    with pytest.raises(Refusal, match="MambaForCausalLM") as caught:
        export((base, trained[1]), tmp_path, "ollama")
    assert caught.value.code == "bad-model"


def test_tokenizers_of_pieces_need_their_file(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(tmp_path)
    about = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
    about["model"]["byte_fallback"] = True
    (tmp_path / "tokenizer.json").write_text(json.dumps(about), encoding="utf-8")
    with pytest.raises(Refusal, match=r"tokenizer\.model"):
        make_modelfile(tmp_path, tokenizer)
    (tmp_path / "tokenizer.model").write_bytes(b"\n")
    assert make_modelfile(tmp_path, tokenizer).warnings == []


def test_cuts_are_recognized_by_their_patterns() -> None:
    # Of Qwen 2; the digest is that of Ollama's own table.
    pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    cuts = [{"type": "Split", "pattern": {"Regex": pattern}}, {"type": "ByteLevel"}]
    assert (
        cut_digest({"pre_tokenizer": {"pretokenizers": cuts}})
        == "1ff7f41064896984db5d1bb6ff64fa4bc29007d08c1b439e505b7392777a319e"
    )


@pytest.mark.parametrize("changes", [{"form": "gguf"}, {"card": ""}, {"more": 1}, {"base_name": None}])
def test_refuses_a_wrong_order(trained: tuple[Path, Path], tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as caught:
        export(trained, tmp_path, **{"form": "adapter", **changes})
    assert caught.value.code == "bad-job"
    assert not (tmp_path / "export").exists()


def test_writes_into_no_folder_that_holds_something(trained: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(Refusal, match="not empty"):
        export(trained, tmp_path, "adapter")
    assert [file.name for file in (tmp_path / "export").iterdir()] == ["mine.txt"]


def test_a_disk_without_room_is_told_with_what_is_needed(
    trained: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shutil import _ntuple_diskusage

    monkeypatch.setattr("shutil.disk_usage", lambda _: _ntuple_diskusage(10, 5, 5))
    with pytest.raises(Refusal, match=r"0\.1 GB") as caught:
        export(trained, tmp_path, "merged")
    assert caught.value.code == "no-disk"


def test_an_adapter_of_another_base_is_refused(trained: tuple[Path, Path], tmp_path: Path) -> None:
    base = make_other(tmp_path / "other")
    with pytest.raises(Refusal, match="cannot be merged"):
        export((base, trained[1]), tmp_path, "merged")


def make_other(folder: Path) -> Path:
    """Base whose layers have other sizes."""
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = make_tokenizer()
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **sizes)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_process_ends_with_exported_or_an_error(
    trained: tuple[Path, Path], tmp_path: Path, protocol: dict[str, Any]
) -> None:
    def messages(path: Path) -> tuple[int, list[dict[str, Any]]]:
        done = run_command("export", path)
        said = [json.loads(line) for line in done.stdout.splitlines()]
        check(protocol, said, "ExportOutput")
        return done.returncode, said

    code, said = messages(order_of(trained, tmp_path, "merged"))
    assert (code, said[-1]["type"]) == (0, "exported")
    code, said = messages(
        order_of(trained, tmp_path, "adapter", adapter=str(tmp_path / "gone"), output=str(tmp_path / "2"))
    )
    assert (code, said[-1]["type"], said[-1]["code"]) == (1, "error", "no-model")


def test_failures_of_the_libraries_have_words() -> None:
    assert export_failure(OSError(28, "No space left on device")).code == "no-disk"
    assert export_failure(MemoryError()).action == "Close other programs, or export the adapter."
    assert export_failure(ValueError("x")).code == "internal"

"""Rewards of the graders."""

from __future__ import annotations

from typing import Any

import pytest

from tuning_fork_trainer.graders import build, fill, read_number
from tuning_fork_trainer.protocol import Refusal

ITEM = {"answer": "the cat sat on the mat", "price": 100, "deep": {"label": "Yes"}}
OUT, REF = "{{sample.output_text}}", "{{ item.answer }}"


def reward(grader: dict[str, Any], sample: str) -> float:
    return build({"name": "g", "input": OUT, "reference": REF, **grader})(ITEM, sample)


@pytest.mark.parametrize(
    ("operation", "reference", "sample", "expected"),
    [
        ("eq", "Yes", "Yes", 1),
        ("eq", "Yes", "yes", 0),
        ("ne", "Yes", "yes", 1),
        ("like", "Yes", "Oh Yes!", 1),
        ("like", "Yes", "oh yes", 0),
        ("ilike", "{{item.deep.label}}", "oh yes", 1),
    ],
)
def test_string_check(operation: str, reference: str, sample: str, expected: float) -> None:
    assert reward({"type": "string_check", "operation": operation, "reference": reference}, sample) == expected


@pytest.mark.parametrize(
    ("metric", "sample", "expected"),
    [
        ("fuzzy_match", "the cat sat on the mat", 1),
        ("fuzzy_match", "the cat sat on the hat", 42 / 44),
        ("rouge_1", "the cat", 2 * 2 / 8),
        ("rouge_2", "the cat slept", 2 * 1 / 7),
        ("rouge_l", "the mat", 2 * 2 / 8),
        ("rouge_5", "nothing", 0),
        ("gleu", "the cat sat on the mat", 1),
        # 1- to 4-grams: 2 + 1 of ours are right, and theirs are 6 + 5 + 4 + 3.
        ("gleu", "the cat", 3 / 18),
    ],
)
def test_text_similarity(metric: str, sample: str, expected: float) -> None:
    assert reward({"type": "text_similarity", "evaluation_metric": metric}, sample) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("sample", "expected"), [("$100.00", 1), ("about 80", 0.8), ("150", 0.5), ("250", 0), ("none", 0), ("1e400", 0)]
)
def test_number(sample: str, expected: float) -> None:
    assert reward({"type": "number", "reference": "{{item.price}}"}, sample) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("$1,299.00", 1299), ("GTX-1.5", 1.5), ("10-20", 10), ("$-5", -5), ("\u22127", -7), ("1e3", 1000), ("no", None)],
)
def test_numbers_are_read_as_the_product_reads_them(text: str, expected: float | None) -> None:
    assert read_number(text) == expected


def multi(formula: str, **extra: Any) -> dict[str, Any]:
    exact = {"type": "string_check", "name": "e", "input": OUT, "reference": REF, "operation": "eq"}
    close = {"type": "text_similarity", "name": "c", "input": OUT, "reference": REF, "evaluation_metric": "rouge_1"}
    return {"type": "multi", "graders": {"exact": exact, "close": close}, "calculate_output": formula, **extra}


def test_multi() -> None:
    assert reward(multi("0.25 * exact + 0.5 * close"), "the cat") == pytest.approx(0.25)
    assert reward(multi("max(exact, close) - -1"), "the cat") == pytest.approx(1.5)
    assert reward(multi("1 / exact", invalid_grade=-2), "the cat") == -2


@pytest.mark.parametrize(
    "formula", ["__import__('os')", "exact.real", "other", "(", "[exact]", "max(exact, key=close)"]
)
def test_a_formula_is_arithmetic_only(formula: str) -> None:
    with pytest.raises(Refusal):
        build({"name": "g", **multi(formula)})


@pytest.mark.parametrize(
    ("grader", "reason"),
    [
        ({"type": "python", "source": ""}, "runs no code"),
        ({"type": "score_model"}, "another model"),
        ({"type": "label_model"}, "another model"),
        ({"type": "text_similarity", "evaluation_metric": "cosine"}, "embedding"),
        ({"type": "text_similarity", "evaluation_metric": "meteor"}, "dictionary"),
        ({"type": "text_similarity", "evaluation_metric": "bleu"}, "smoothing"),
        ({"type": "text_similarity", "evaluation_metric": "rouge_9"}, "no similarity"),
        ({"type": "other"}, "no grader of the type"),
        ({"type": "string_check", "operation": "is"}, "incomplete"),
    ],
)
def test_the_rest_is_refused_with_the_reason(grader: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refusal, match=reason) as caught:
        reward(grader, "x")
    assert caught.value.code == "bad-grader"


def test_templates() -> None:
    assert fill("{{sample.output_json.a}}|{{item.none}}|{{item.deep}}", ITEM, '{"a": 3}') == '3||{"label": "Yes"}'

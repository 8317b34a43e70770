"""Graders of reinforcement, computed in this process: string_check, text_similarity, number and multi.

A grader gives a reward for an answer. `item` is the row of the training file; `sample` is the model's answer.
"""

from __future__ import annotations

import ast
import json
import math
import operator
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from .protocol import Refusal

Grader = Callable[[dict[str, Any], str], float]

_REFUSED = {
    "python": "runs code from the grader file, and this trainer runs no code that comes with data",
    "score_model": "asks another model about every answer, which this trainer does not do",
    "label_model": "asks another model about every answer, which this trainer does not do",
}
_METRICS_REFUSED = {
    "cosine": "needs an embedding model",
    "meteor": "needs a dictionary of synonyms that would have to be downloaded",
    "bleu": "depends on a smoothing that the provider does not tell",
}
_NUMBER = re.compile(r"(?:(?<![^\W_])[-+])?(?:\d*\.\d+|\d+)(?:[eE][-+]?\d{1,3}(?![^\W_]))?")
_PLACE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


def build(grader: Any) -> Grader:
    """Build the reward function of a grader object; raises Refusal (`bad-grader`) with the reason."""
    kind = grader.get("type") if isinstance(grader, dict) else None
    if kind in _REFUSED:
        raise _bad(f"A {kind} grader {_REFUSED[kind]}.")
    if kind not in _BUILDERS:
        raise _bad(f"There is no grader of the type {kind!r}.")
    try:
        return _BUILDERS[kind](grader)
    except (KeyError, TypeError, AttributeError) as error:
        raise _bad(f"The {kind} grader is incomplete: {error}.") from error


def read_number(text: str) -> float | None:
    """First number of a text as the product reads it: `$` and `,` are dropped, `$-5` is -5, `GTX-1.5` is 1.5."""
    match = _NUMBER.search(re.sub(r"[$,]", "", text).replace("\u2212", "-"))
    value = float(match.group()) if match else math.nan
    return value if math.isfinite(value) else None


def fill(template: str, item: dict[str, Any], sample: str) -> str:
    """Replace `{{item.a.b}}`, `{{sample.output_text}}` and `{{sample.output_json.a}}`; a place without value is empty."""

    def value(match: re.Match[str]) -> str:
        head, *path = match.group(1).split(".")
        at: Any = {"item": item, "sample": _sample(sample)}.get(head)
        for key in path:
            at = at.get(key) if isinstance(at, dict) else None
        return "" if at is None else at if isinstance(at, str) else json.dumps(at, ensure_ascii=False)

    return _PLACE.sub(value, template)


def _sample(text: str) -> dict[str, Any]:
    try:
        return {"output_text": text, "output_json": json.loads(text)}
    except ValueError:
        return {"output_text": text, "output_json": None}


def _bad(message: str) -> Refusal:
    return Refusal("bad-grader", message, "Use string_check, text_similarity, number or multi.")


def _string_check(grader: dict[str, Any]) -> Grader:
    left, right = grader["input"], grader["reference"]
    checks: dict[str, Callable[[str, str], bool]] = {
        "eq": operator.eq,
        "ne": operator.ne,
        "like": lambda text, part: part in text,
        "ilike": lambda text, part: part.casefold() in text.casefold(),
    }
    check = checks[grader["operation"]]
    return lambda item, sample: float(check(fill(left, item, sample), fill(right, item, sample)))


def _text_similarity(grader: dict[str, Any]) -> Grader:
    metric = grader["evaluation_metric"]
    if metric in _METRICS_REFUSED:
        raise _bad(f"The similarity {metric} {_METRICS_REFUSED[metric]}.")
    compare = _similarity(metric)
    left, right = grader["input"], grader["reference"]
    return lambda item, sample: compare(fill(left, item, sample), fill(right, item, sample))


def _similarity(metric: str) -> Callable[[str, str], float]:
    if metric == "fuzzy_match":
        return lambda left, right: fuzz.ratio(left, right) / 100
    if metric == "gleu":
        return _gleu
    if metric == "rouge_l":
        return _rouge_l
    if metric in {f"rouge_{size}" for size in range(1, 6)}:
        size = int(metric[-1])
        return lambda left, right: _f1(_grams(left, size), _grams(right, size))
    raise _bad(f"There is no similarity {metric!r}.")


def _words(text: str) -> list[str]:
    """Words as ROUGE counts them: lower case, letters and digits."""
    return re.findall(r"[^\W_]+", text.lower())


def _grams(text: str, size: int) -> Counter[tuple[str, ...]]:
    words = _words(text)
    return Counter(tuple(words[start : start + size]) for start in range(len(words) - size + 1))


def _f1(left: Counter[tuple[str, ...]], right: Counter[tuple[str, ...]]) -> float:
    total = left.total() + right.total()
    return 2 * (left & right).total() / total if total else 0.0


def _rouge_l(left: str, right: str) -> float:
    ours, theirs = _words(left), _words(right)
    return 2 * LCSseq.similarity(ours, theirs) / (len(ours) + len(theirs)) if ours or theirs else 0.0


def _gleu(left: str, right: str) -> float:
    """Google-BLEU of one sentence: the smaller of precision and recall of all 1- to 4-grams."""
    ours, theirs = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for size in range(1, 5):
        ours += _grams(left, size)
        theirs += _grams(right, size)
    most = max(ours.total(), theirs.total())
    return (ours & theirs).total() / most if most else 0.0


def _number(grader: dict[str, Any]) -> Grader:
    """Reward 1 for the exact number, falling evenly to 0 at an error as large as the number itself (1 for a zero)."""
    left, right = grader["input"], grader["reference"]

    def grade(item: dict[str, Any], sample: str) -> float:
        guess, truth = read_number(fill(left, item, sample)), read_number(fill(right, item, sample))
        if guess is None or truth is None:
            return 0.0
        return max(0.0, 1 - abs(guess - truth) / (abs(truth) or 1.0))

    return grade


_OPERATORS: dict[type, Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "log": math.log,
}


def _multi(grader: dict[str, Any]) -> Grader:
    parts = {name: build(part) for name, part in grader["graders"].items()}
    formula = grader["calculate_output"]
    invalid = float(grader.get("invalid_grade", 0.0))
    try:
        tree = ast.parse(formula, mode="eval").body
        _calculate(tree, dict.fromkeys(parts, 1.0))
    except (SyntaxError, KeyError) as error:
        raise _bad(f"The formula {formula!r} of the multi grader cannot be computed: {error}.") from error
    except (ArithmeticError, ValueError):
        pass  # A formula may have no value for these grades, and one for others.

    def grade(item: dict[str, Any], sample: str) -> float:
        try:
            value = _calculate(tree, {name: part(item, sample) for name, part in parts.items()})
        except (ArithmeticError, ValueError):
            return invalid
        return value if math.isfinite(value) else invalid

    return grade


def _calculate(node: ast.AST, grades: dict[str, float]) -> float:
    """Arithmetic over grades. The tree is walked by hand, so that a formula can call nothing else."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name) if name in grades:
            return grades[name]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_calculate(operand, grades))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            value = _OPERATORS[type(op)](_calculate(left, grades), _calculate(right, grades))
            if isinstance(value, complex):
                raise ValueError("the power has no real value")
            return value
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            return float(_FUNCTIONS[name](*(_calculate(arg, grades) for arg in args)))
    raise KeyError(ast.unparse(node))


_BUILDERS: dict[str, Callable[[dict[str, Any]], Grader]] = {
    "string_check": _string_check,
    "text_similarity": _text_similarity,
    "number": _number,
    "multi": _multi,
}

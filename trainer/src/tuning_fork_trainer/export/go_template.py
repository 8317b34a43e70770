"""Part of Go's text/template that our Modelfiles use, so that a template is tried before it is written.

Texts, fields, `$`, variables, `range` over a list with index, `if`, `else if`, `else`, and the functions `eq`, `ne`, `not`,
`and` and `or`. Trim markers are refused: the literal text of a chat template has line breaks that they would take away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ACTION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|-?\d+|\$\w*(?:\.\w+)*|\.\w*(?:\.\w+)*|[A-Za-z]\w*|:=|,|\(|\))')


class TemplateError(ValueError):
    """Text that is no template of this part."""


@dataclass
class Block:
    """Nodes in order: a text, an expression, or a block of `if` or `range`."""

    nodes: list[Any] = field(default_factory=list)


@dataclass
class Branch:
    """`if` with its branches in order; the expression of `else` is None."""

    cases: list[tuple[list[str] | None, Block]]


@dataclass
class Loop:
    """`range` with the names of its index and item."""

    index: str | None
    item: str | None
    words: list[str]
    body: Block


def render(text: str, values: dict[str, Any]) -> str:
    """Write a template. Messages are dicts with the names of the template's fields. Raises TemplateError."""
    return _write(_parse(text), values, {"$": values})


def _parse(text: str) -> Block:
    root = Block()
    # Blocks that are open, with the node that opened them.
    stack: list[tuple[Block, Branch | Loop | None]] = [(root, None)]
    at = 0
    for found in ACTION.finditer(text):
        _add_text(stack[-1][0], text[at : found.start()])
        at = found.end()
        inner = found.group(1)
        if inner.startswith("-") or inner.endswith("-"):
            raise TemplateError("trim markers are not used")
        _take(_words(inner), stack)
    _add_text(stack[-1][0], text[at:])
    if len(stack) != 1:
        raise TemplateError("a block is not ended")
    return root


def _add_text(block: Block, text: str) -> None:
    if "{{" in text or "}}" in text:
        raise TemplateError("an action is not closed")
    if text:
        block.nodes.append(text)


def _take(words: list[str], stack: list[tuple[Block, Branch | Loop | None]]) -> None:
    match words:
        case ["end"]:
            _end(stack)
        case ["else", *rest]:
            _, node = stack.pop()
            if not isinstance(node, Branch):
                raise TemplateError("`else` without `if`")
            body = Block()
            node.cases.append((rest[1:] if rest[:1] == ["if"] else None, body))
            stack.append((body, node))
        case ["if", *rest]:
            body = Block()
            node = Branch([(rest, body)])
            stack[-1][0].nodes.append(node)
            stack.append((body, node))
        case ["range", *rest]:
            loop = _loop(rest)
            stack[-1][0].nodes.append(loop)
            stack.append((loop.body, loop))
        case _:
            stack[-1][0].nodes.append(words)


def _end(stack: list[tuple[Block, Branch | Loop | None]]) -> None:
    _, node = stack.pop()
    if node is None:
        raise TemplateError("`end` without a block")


def _loop(words: list[str]) -> Loop:
    if len(words) > 3 and words[1] == "," and words[3] == ":=":
        return Loop(words[0], words[2], words[4:], Block())
    return Loop(None, None, words, Block())


def _words(text: str) -> list[str]:
    found: list[str] = []
    at = 0
    stripped = text.rstrip()
    while at < len(stripped):
        token = TOKEN.match(stripped, at)
        if token is None:
            raise TemplateError(f"“{text}” is not read here")
        found.append(token.group(1))
        at = token.end()
    if not found:
        raise TemplateError("an action is empty")
    return found


def _write(block: Block, dot: Any, names: dict[str, Any]) -> str:
    parts: list[str] = []
    for node in block.nodes:
        match node:
            case str():
                parts.append(node)
            case Branch():
                for words, body in node.cases:
                    if words is None or _value(words, dot, names):
                        parts.append(_write(body, dot, names))
                        break
            case Loop():
                for at, item in enumerate(_value(node.words, dot, names) or []):
                    inner = dict(names)
                    if node.index is not None:
                        inner[node.index] = at
                    if node.item is not None:
                        inner[node.item] = item
                    parts.append(_write(node.body, item, inner))
            case _:
                parts.append(str(_value(node, dot, names)))
    return "".join(parts)


def _value(words: list[str], dot: Any, names: dict[str, Any]) -> Any:
    value, rest = _call(words, dot, names)
    if rest:
        raise TemplateError(f"“{' '.join(words)}” is not read here")
    return value


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "eq": lambda a, *others: any(a == b for b in others),
    "ne": lambda a, b: a != b,
    "not": lambda a: not a,
    "and": lambda *all_: next((one for one in all_ if not one), all_[-1]),
    "or": lambda *all_: next((one for one in all_ if one), all_[-1]),
}


def _call(words: list[str], dot: Any, names: dict[str, Any]) -> tuple[Any, list[str]]:
    """Value of a call or a single term, and the words behind it, up to a closing bracket."""
    if not words:
        raise TemplateError("a value is missing")
    if words[0] not in FUNCTIONS:
        return _term(words, dot, names)
    name, rest = words[0], words[1:]
    given: list[Any] = []
    while rest and rest[0] != ")":
        value, rest = _term(rest, dot, names)
        given.append(value)
    try:
        return FUNCTIONS[name](*given), rest
    except (TypeError, IndexError) as error:
        raise TemplateError(f"“{name}” has the wrong number of values") from error


def _term(words: list[str], dot: Any, names: dict[str, Any]) -> tuple[Any, list[str]]:
    word, rest = words[0], words[1:]
    if word == "(":
        value, rest = _call(rest, dot, names)
        if rest[:1] != [")"]:
            raise TemplateError("a bracket is not closed")
        return value, rest[1:]
    if word.startswith('"'):
        return json.loads(word), rest
    if re.fullmatch(r"-?\d+", word):
        return int(word), rest
    if word.startswith("."):
        return _fields(dot, word.split(".")[1:]), rest
    if word.startswith("$"):
        name, *fields = word.split(".")
        if name not in names:
            raise TemplateError(f"{name} is not known")
        return _fields(names[name], fields), rest
    raise TemplateError(f"“{word}” is not known here")


def _fields(value: Any, fields: list[str]) -> Any:
    for name in fields:
        if name == "":
            continue
        if not isinstance(value, dict):
            raise TemplateError(f".{name} is not a field")
        value = value.get(name, "")
    return value

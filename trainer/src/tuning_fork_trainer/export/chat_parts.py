"""Chat template of a tokenizer as texts around the messages, and as a template of Go's.

The parts are found by rendering conversations with marks, and a template is only given where it writes the same text as the
tokenizer's own for every conversation that is tried. Templates that write each turn alike are found so: ChatML, Llama 3, Gemma.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..chat import Unusable, render
from ..protocol import Refusal
from .go_template import TemplateError
from .go_template import render as render_go

INSTEAD = "Export the merged model, and write a Modelfile yourself."
USER, ANSWER, AGAIN, SYSTEM = "zq7user", "zq7answer", "zq7again", "zq7system"


def _user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def _answer(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def _system(text: str) -> dict[str, str]:
    return {"role": "system", "content": text}


# Texts without spaces at their ends, which some templates take away and others keep.
TRIED = [
    [_user("How much is it?")],
    [_system("Answer with a price."), _user("How much is it?")],
    [_user("Hello"), _answer("Hi\n\nthere"), _user("“Wie viel?” <b>& 1 {2}</b>")],
    [_system("Be brief.\nBe kind."), _user("a"), _answer("b"), _user("c"), _answer("d"), _user("e\nf")],
]


@dataclass(frozen=True)
class ChatParts:
    """Texts around the messages. `system` is None where the template has no place for a system message."""

    head: str
    """Before the first user message of a conversation without a system message."""
    system: tuple[str, str] | None
    """Before the system message, and between it and the first user message."""
    user: tuple[str, str]
    """Before a later user message, and behind each."""
    answer: tuple[str, str]
    begin: str
    """Behind the last user message: the answer begins here."""


def parts_of(tokenizer: Any, start: str) -> ChatParts:
    """Find the parts; raises Refusal. `start` is left out: the start token, for programs that add it themselves, or nothing."""
    if not getattr(tokenizer, "chat_template", None):
        raise _refusal("The model has no chat template")
    try:
        one = _render(tokenizer, [_user(USER)])
        asked = _render(tokenizer, [_user(USER)], prompt=True)
        two = _render(tokenizer, [_user(USER), _answer(ANSWER)])
        three = _render(tokenizer, [_user(USER), _answer(ANSWER), _user(AGAIN)])
        head, behind_user = _split(one, USER)
        between = _split(_split(two, USER)[1], ANSWER)
        again = _split(_split(three, ANSWER)[1], AGAIN)
        return ChatParts(
            head=head.removeprefix(start),
            system=_system_of(tokenizer, start),
            user=(_behind(again[0], between[1]), behind_user),
            answer=(_behind(between[0], behind_user), between[1]),
            begin=_behind(asked, one),
        )
    except (Unusable, ValueError) as error:
        raise _refusal("The chat template of the model is none that a Modelfile can have") from error


def _refusal(why: str) -> Refusal:
    return Refusal("bad-template", f"{why}.", INSTEAD)


def _render(tokenizer: Any, messages: list[dict[str, str]], *, prompt: bool = False) -> str:
    return render(tokenizer, [dict(message) for message in messages], prompt=prompt)


def _split(text: str, mark: str) -> tuple[str, str]:
    before, found, behind = text.partition(mark)
    if not found or mark in behind:
        raise ValueError(mark)
    return before, behind


def _behind(text: str, start: str) -> str:
    if not text.startswith(start):
        raise ValueError(text)
    return text[len(start) :]


def _system_of(tokenizer: Any, start: str) -> tuple[str, str] | None:
    try:
        text = _render(tokenizer, [_system(SYSTEM), _user(USER)])
    except Unusable:
        return None
    if SYSTEM not in text:
        return None
    before, behind = _split(text, SYSTEM)
    return before.removeprefix(start), _split(behind, USER)[0]


def go_template(parts: ChatParts) -> str:
    """Template of Ollama: `.System` holds all system messages, which are also in `.Messages`."""
    first = f"{{{{ if eq $i 0 }}}}{parts.head}{{{{ else }}}}{parts.user[0]}{{{{ end }}}}"
    if parts.system is not None:
        before, between = parts.system
        first = (
            f"{{{{ if and $.System (eq $i 1) }}}}{before}{{{{ $.System }}}}{between}"
            f"{{{{ else if eq $i 0 }}}}{parts.head}{{{{ else }}}}{parts.user[0]}{{{{ end }}}}"
        )
    return (
        '{{ range $i, $m := .Messages }}{{ if eq .Role "user" }}'
        f"{first}{{{{ .Content }}}}{parts.user[1]}"
        f'{{{{ else if eq .Role "assistant" }}}}{parts.answer[0]}{{{{ .Content }}}}{parts.answer[1]}'
        f"{{{{ end }}}}{{{{ end }}}}{parts.begin}"
    )


def checked_template(tokenizer: Any, *, without_start: bool) -> tuple[str, ChatParts]:
    """Template that writes what the tokenizer's own writes, tried with conversations; raises Refusal."""
    start = str(getattr(tokenizer, "bos_token", None) or "") if without_start else ""
    parts = parts_of(tokenizer, start)
    template = go_template(parts)
    for messages in TRIED:
        if messages[0]["role"] == "system" and parts.system is None:
            continue
        try:
            wanted = _render(tokenizer, messages, prompt=True).removeprefix(start)
            written = as_ollama(template, messages)
        except (Unusable, TemplateError):
            wanted, written = "", None
        if wanted != written:
            raise _refusal("The chat template of the model is none that a Modelfile can have")
    return template, parts


def as_ollama(template: str, messages: list[dict[str, str]]) -> str:
    """Prompt that Ollama makes of a conversation without two messages of one role behind each other. Raises TemplateError."""
    system = "\n\n".join(message["content"] for message in messages if message["role"] == "system")
    rows = [{"Role": message["role"], "Content": message["content"]} for message in messages]
    return render_go(template, {"System": system, "Messages": rows})

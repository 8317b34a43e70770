"""Stands in for the command `vllm serve`: the same options, addresses and events, computed by transformers, one token after the other.

`FAKE_VLLM` holds JSON: `log` is a file for what was asked, `fail` a text to end with at the start, `die_after` the tokens of an
answer after which the process ends.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

SETTINGS = json.loads(os.environ.get("FAKE_VLLM", "{}"))
LOCK = threading.Lock()


def log(what: str, value: Any) -> None:
    if "log" in SETTINGS:
        with LOCK, Path(SETTINGS["log"]).open("a") as file:
            file.write(json.dumps([what, value]) + "\n")


class Model:
    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.known: dict[str, Any] = {"base": AutoModelForCausalLM.from_pretrained(folder).eval()}

    def add(self, name: str, path: str) -> None:
        base = AutoModelForCausalLM.from_pretrained(self.folder)
        self.known[name] = PeftModel.from_pretrained(base, path).eval()

    def logits(self, name: str, tokens: list[int]) -> torch.Tensor:
        with LOCK, torch.inference_mode():
            found: torch.Tensor = self.known[name](input_ids=torch.tensor([tokens])).logits[0, -1]
            return found


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: Model

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        sys.stderr.write(f"{format % arguments}\n")

    def _reply(self, status: int, text: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self) -> None:
        self._reply(200 if self.path == "/health" else 404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["Authorization"] != f"Bearer {os.environ['VLLM_API_KEY']}":
            self._reply(401, '{"error": "Unauthorized"}')
        elif self.path == "/v1/load_lora_adapter":
            log("load", body)
            self.model.add(body["lora_name"], body["lora_path"])
            self._reply(200, "Success")
        elif self.path == "/v1/unload_lora_adapter":
            log("unload", body)
            del self.model.known[body["lora_name"]]
            self._reply(200, "Success")
        else:
            log("ask", body)
            self._complete(body)

    def _complete(self, body: dict[str, Any]) -> None:
        if body["model"] not in self.model.known:
            self._reply(404, '{"error": {"message": "no such model"}}')
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        tokens = list(body["prompt"])
        generator = torch.Generator().manual_seed(body["seed"] % 2**63)
        try:
            for count in range(1, body["max_tokens"] + 1):
                logits = self.model.logits(body["model"], tokens)
                token = int(logits.argmax())
                if body["temperature"]:
                    heated = torch.softmax(logits / body["temperature"], dim=-1)
                    token = int(torch.multinomial(heated, 1, generator=generator))
                ended = token in body["stop_token_ids"]
                # Nothing of the end token: some versions keep it to themselves.
                part: dict[str, Any] = {"index": 0, "text": "", "token_ids": [] if ended else [token]}
                part["finish_reason"] = "stop" if ended else "length" if count == body["max_tokens"] else None
                if "logprobs" in body and not ended:
                    values = torch.log_softmax(logits.float(), dim=-1)
                    best = values.topk(max(1, body["logprobs"]))
                    top = {f"token_id:{place}": float(value) for value, place in zip(*best, strict=True)}
                    part["logprobs"] = {"token_logprobs": [float(values[token])], "top_logprobs": [top]}
                self.wfile.write(f"data: {json.dumps({'choices': [part]})}\n\n".encode())
                tokens.append(token)
                if SETTINGS.get("die_after") == count:
                    sys.stderr.write("CUDA error: an illegal memory access was encountered\n")
                    os._exit(1)
                if ended:
                    break
                if SETTINGS.get("slow"):
                    time.sleep(SETTINGS["slow"])
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            log("left", len(tokens) - len(body["prompt"]))
        self.close_connection = True


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("model")
    for name in ("host", "port", "served-model-name", "load-format", "max-model-len", "gpu-memory-utilization"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--enable-lora", action="store_true", required=True)
    parser.add_argument("--max-lora-rank", required=True)
    options = parser.parse_args()
    kept = ("VLLM_NO_USAGE_STATS", "DO_NOT_TRACK", "HF_HUB_OFFLINE", "VLLM_ALLOW_RUNTIME_LORA_UPDATING")
    log("start", {**vars(options), "environment": {name: os.environ.get(name) for name in kept}, "pid": os.getpid()})
    if "fail" in SETTINGS:
        sys.exit(SETTINGS["fail"])
    Handler.model = Model(options.model)
    ThreadingHTTPServer((options.host, int(options.port)), Handler).serve_forever()


main()

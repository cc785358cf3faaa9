"""In: a script of answers. Out: a real HTTP server on this machine that speaks the chat completions protocol."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = "Patients are asked for, by their gender."
Answer = Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]]


def asked_ids(body: dict[str, Any]) -> list[str]:
    """Return the ids of the questions in a request's prompt."""
    text = body["messages"][0]["content"]
    lines = re.split(r"The questions[^\n]*:\n", text)[-1].splitlines()
    return [json.loads(line)["id"] for line in lines if line.startswith("{")]


def reply_line(id: str) -> str:
    row = {"id": id, "status": "ok", "template": "Patient?gender=female", "rationale": GOOD, "reason": None}
    return json.dumps(row)


def completion(text: str, **extra: Any) -> bytes:
    usage = {"prompt_tokens": 1000, "completion_tokens": 50}
    body = {"model": "big-2", "choices": [{"message": {"role": "assistant", "content": text}}], "usage": usage}
    return json.dumps({**body, **extra}).encode()


def good(body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Answer every question of the request."""
    return 200, {}, completion("\n".join(map(reply_line, asked_ids(body))))


def status(code: int, headers: dict[str, str] | None = None, message: str = "no") -> Answer:
    return lambda body: (code, headers or {}, json.dumps({"error": {"message": message}}).encode())


def raw(data: bytes) -> Answer:
    return lambda body: (200, {}, data)


class Endpoint:
    """The server: `script` are the answers to the first requests, `then` the answer to all later ones."""

    def __init__(self) -> None:
        self.script: list[Answer] = []
        self.then: Answer = good
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answered: Counter[str] = Counter()
        self.slow = 0.0
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if path != "/v1/chat/completions":
            return status(404)(body)
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            self.bodies.append(body)
            self.headers.append(headers)
            answer = self.script.pop(0) if self.script else self.then
        time.sleep(self.slow)
        result = answer(body)
        with self._lock:
            self._now -= 1
            if result[0] == 200:
                self.answered.update(asked_ids(body))
        return result

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                code, headers, data = endpoint.take(self.path, dict(self.headers), body)
                try:
                    self.send_response(code)
                    for name, value in {**headers, "Content-Length": str(len(data))}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(data)
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

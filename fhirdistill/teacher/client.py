"""In: requests and the address of an OpenAI-compatible server. Out: its replies, with patience where it is busy."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

import httpx

from fhirdistill.errors import InputError, TeacherError
from fhirdistill.teacher.base import RefusedError, Reply, Request, usage_from
from fhirdistill.teacher.reply import SCHEMA

BUSY = frozenset({408, 409, 425, 429}) | frozenset(range(500, 600))
REFUSED = {
    401: "check --api-key or FHIRDISTILL_API_KEY",
    402: "the account has no credit left",
    403: "this key may not use that model",
    404: "check --base-url (it usually ends in /v1) and --model",
}
RESPONSE_FORMAT = {"type": "json_schema", "json_schema": {"name": "labels", "strict": True, "schema": SCHEMA}}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is served: `base_url` up to `/v1`; the key is kept out of every text that this package writes."""

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Raise InputError where the address or the key can't be one."""
        try:
            url = httpx.URL(self.base_url)
            usable = url.scheme in {"http", "https"} and bool(url.host)
        except httpx.InvalidURL:
            usable = False
        if not usable:
            raise InputError("--base-url is no http(s) address", hint="as https://api.example.com/v1")
        if not self.api_key.isascii() or not (self.api_key or "x").isprintable():
            raise InputError("the API key has characters that no key has", hint="check FHIRDISTILL_API_KEY")

    @property
    def host(self) -> str:
        """The server's name, fit for a message."""
        url = httpx.URL(self.base_url)
        return url.host if url.port is None else f"{url.host}:{url.port}"

    @property
    def url(self) -> str:
        """Where chat completions are asked for."""
        return self.base_url.rstrip("/") + "/chat/completions"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try: `attempts` in all, waits of `first` seconds, doubled up to `longest`, halved at random."""

    attempts: int = 6
    first: float = 1.0
    longest: float = 60.0
    timeout: float = 180.0

    def wait(self, attempt: int, asked: float | None) -> float:
        """Return the seconds to wait after attempt number `attempt` (from 0); never less than the server asked for."""
        own = min(self.longest, self.first * 2.0**attempt) * random.uniform(0.5, 1.0)
        return max(own, min(asked or 0.0, 10 * self.longest))


class _BusyError(Exception):
    """A failure that may be gone the next time; `wait` is what the server asked for, in seconds."""

    def __init__(self, problem: str, wait: float | None = None) -> None:
        super().__init__(problem)
        self.wait = wait


class ChatTeacher:
    """A Teacher behind `POST {base_url}/chat/completions`; use it as `async with ChatTeacher(endpoint) as teacher`.

    At most `concurrency` requests are under way at a time. 429, 5xx, timeouts, lost connections and bodies that are no
    JSON are tried again. The reply is asked for as structured output; a server that answers 400 or 422 to that is asked
    once more without, and always without from then on.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        concurrency: int = 4,
        patience: Patience | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.endpoint = endpoint
        self.patience = patience or Patience()
        self._slots = asyncio.Semaphore(concurrency)
        self._sleep = sleep
        self._structured = True
        headers = {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}
        self._http = httpx.AsyncClient(headers=headers, timeout=self.patience.timeout)

    async def __aenter__(self) -> ChatTeacher:
        """Return self."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ask(self, request: Request) -> Reply:
        """Answer one request. Raises TeacherError when patience is over, RefusedError where asking again is no use."""
        async with self._slots:
            for attempt in range(self.patience.attempts):
                try:
                    return await self._ask_once(request.prompt.text)
                except _BusyError as error:
                    last = error
                if attempt + 1 < self.patience.attempts:
                    await self._sleep(self.patience.wait(attempt, last.wait))
        raise TeacherError(
            f"{self.endpoint.host} gave no answer in {self.patience.attempts} attempts: {last}",
            hint="run the same command again later: what is answered is kept",
        )

    async def _ask_once(self, text: str) -> Reply:
        structured = self._structured
        response = await self._post(chat_body(self.endpoint.model, text, structured=structured))
        if structured and response.status_code in {400, 422}:
            response = await self._post(chat_body(self.endpoint.model, text))
            self._structured = self._structured and not response.is_success
        self._raise_for(response)
        return read_completion(response, self.endpoint.model)

    async def _post(self, body: dict[str, Any]) -> httpx.Response:
        try:
            return await self._http.post(self.endpoint.url, json=body)
        except httpx.TimeoutException as error:
            raise _BusyError(f"no answer in {self.patience.timeout:g} s") from error
        except httpx.TransportError as error:
            raise _BusyError(f"connection failed ({self._clean(str(error)) or type(error).__name__})") from error

    def _raise_for(self, response: httpx.Response) -> None:
        status = response.status_code
        if response.is_success:
            return
        said = f"HTTP {status} {self._clean(error_message(response))}".strip()
        if status in BUSY:
            raise _BusyError(said, retry_after(response.headers.get("Retry-After")))
        if status in REFUSED:
            raise RefusedError(f"{self.endpoint.host} refuses: {said}", hint=REFUSED[status])
        raise TeacherError(
            f"{self.endpoint.host} answered {said}",
            hint="see the server's message; --per-request makes requests shorter",
        )

    def _clean(self, text: str) -> str:
        """Cut a server's message short and take the key out of it, should the server repeat it."""
        key = self.endpoint.api_key
        return " ".join((text.replace(key, "***") if key else text).split())[:300]


def chat_body(model: str, text: str, *, structured: bool = False) -> dict[str, Any]:
    """Return the body of a chat completion; the plain one has only what every compatible server takes."""
    body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": text}]}
    return {**body, "temperature": 0, "response_format": RESPONSE_FORMAT} if structured else body


def read_completion(response: httpx.Response, model: str) -> Reply:
    """Read a 200 answer. Raises _BusyError where it is no JSON (a proxy's page), TeacherError where it has no text."""
    try:
        body = response.json()
    except ValueError as error:
        raise _BusyError("the answer is no JSON") from error
    return completion_reply(body, model)


def completion_reply(body: Any, model: str) -> Reply:
    """Return the reply in a chat completion object. Raises TeacherError where there is none."""
    try:
        text = body["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        text = None
    if not isinstance(text, str):
        raise TeacherError(
            "the answer is no chat completion with a text", hint="is --base-url an OpenAI-compatible server?"
        )
    named = body.get("model")
    return Reply(text, named if isinstance(named, str) and named else model, usage_from(body.get("usage")))


def error_message(response: httpx.Response) -> str:
    """Return what a server says about an error, whichever of the usual shapes it uses."""
    try:
        body = response.json()
    except ValueError:
        return response.text
    found = body.get("error", body) if isinstance(body, dict) else body
    return str(found.get("message", found) if isinstance(found, dict) else found)


def retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header: a number or an HTTP date; None where it is neither.

    >>> retry_after("7"), retry_after("soon"), retry_after("Wed, 21 Oct 2015 07:28:00 GMT")
    (7.0, None, 0.0)
    """
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds())

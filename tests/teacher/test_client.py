"""The client against a real HTTP server: what it sends, when it tries again, when it gives up, what it never says."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from fhirdistill.errors import FhirDistillError, InputError, TeacherError
from fhirdistill.teacher.base import RefusedError, Reply, Request, Usage, make_request
from fhirdistill.teacher.client import ChatTeacher, Endpoint, Patience, chat_body, retry_after
from fhirdistill.teacher.prompts import Prompt

from .chat_server import Endpoint as Server
from .chat_server import completion, good, raw, reply_line, status

KEY = "sk-very-secret"


def request(id: str = "q-1") -> Request:
    return make_request(Prompt("label.v1", "0" * 12, f'The questions:\n\n{{"id": "{id}"}}\n'), [id])


class Waits:
    """A sleep that does not sleep."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def ask(server: Server, *requests: Request, waits: Waits | None = None, **patience: Any) -> list[Reply]:
    async def main() -> list[Reply]:
        endpoint = Endpoint(server.url, "big", KEY)
        async with ChatTeacher(endpoint, patience=Patience(**patience), sleep=waits or Waits()) as teacher:
            return [await teacher.ask(item) for item in requests or (request(),)]

    return asyncio.run(main())


def test_a_reply_comes_back_raw_with_its_tokens_and_the_model_that_wrote_it(endpoint: Server) -> None:
    assert ask(endpoint) == [Reply(reply_line("q-1"), "big-2", Usage(1000, 50))]
    assert endpoint.headers[0]["Authorization"] == f"Bearer {KEY}"
    body = endpoint.bodies[0]
    assert body["model"] == "big"
    assert body["response_format"]["type"] == "json_schema"


def test_a_busy_server_is_asked_again_after_the_time_that_it_names(endpoint: Server) -> None:
    endpoint.script = [status(429, {"Retry-After": "7"}), good]
    waits = Waits()
    assert ask(endpoint, waits=waits)[0].text == reply_line("q-1")
    assert waits.seconds == [7.0]


def test_waits_double_with_jitter_and_end(endpoint: Server) -> None:
    endpoint.then = status(503)
    waits = Waits()
    with pytest.raises(TeacherError, match=r"gave no answer in 5 attempts: HTTP 503 no") as caught:
        ask(endpoint, waits=waits, attempts=5, first=1, longest=3)
    assert "what is answered is kept" in caught.value.hint
    assert len(endpoint.bodies) == 5
    for seconds, full in zip(waits.seconds, (1, 2, 3, 3), strict=True):
        assert full / 2 <= seconds <= full


@pytest.mark.parametrize("data", [b"<html>proxy</html>", b'{"choices": [', b"\xff\xfe"])
def test_a_body_that_is_no_json_is_asked_for_again(endpoint: Server, data: bytes) -> None:
    endpoint.script = [raw(data)]
    assert ask(endpoint)[0].text == reply_line("q-1")
    assert len(endpoint.bodies) == 2


@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"choices": []}', b'{"choices": [{"message": {"content": null}}]}'])
def test_json_that_is_no_completion_is_an_error_at_once(endpoint: Server, data: bytes) -> None:
    endpoint.then = raw(data)
    with pytest.raises(TeacherError, match="no chat completion"):
        ask(endpoint)
    assert len(endpoint.bodies) == 1


def test_a_slow_server_is_left_and_asked_again(endpoint: Server) -> None:
    endpoint.slow = 0.3
    with pytest.raises(TeacherError, match=r"no answer in 0\.05 s"):
        ask(endpoint, attempts=2, timeout=0.05)
    assert len(endpoint.bodies) == 2


def test_a_server_that_is_not_there_is_named(endpoint: Server) -> None:
    endpoint.stop()
    with pytest.raises(TeacherError, match=r"127\.0\.0\.1:\d+ gave no answer in 2 attempts: connection failed"):
        ask(endpoint, attempts=2)


@pytest.mark.parametrize("code", [400, 422])
def test_a_server_without_structured_output_is_asked_once_more_without_and_then_always(
    endpoint: Server, code: int
) -> None:
    endpoint.script = [status(code, message="response_format is not supported"), good]
    ask(endpoint, request("q-1"), request("q-2"))
    assert ["response_format" in body for body in endpoint.bodies] == [True, False, False]
    assert endpoint.bodies[1] == chat_body("big", request("q-1").prompt.text)


def test_a_bad_request_falls_back_once_and_then_says_what_the_server_said(endpoint: Server) -> None:
    endpoint.then = status(400, message="context too long")
    with pytest.raises(TeacherError, match="HTTP 400 context too long"):
        ask(endpoint)
    assert len(endpoint.bodies) == 2


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_refusal_is_final_and_never_shows_the_key(endpoint: Server, code: int) -> None:
    endpoint.then = status(code, message=f"Incorrect API key provided: {KEY}")
    with pytest.raises(RefusedError, match=r"\*\*\*") as caught:
        ask(endpoint)
    assert KEY not in str(caught.value) + caught.value.hint
    assert len(endpoint.bodies) == 1


def test_the_key_is_in_no_repr_and_no_log(endpoint: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ask(endpoint)
    assert KEY not in caplog.text + repr(Endpoint(endpoint.url, "big", KEY))


def test_no_more_than_the_given_number_is_under_way_at_once(endpoint: Server) -> None:
    endpoint.slow = 0.02

    async def main() -> None:
        async with ChatTeacher(Endpoint(endpoint.url, "big"), concurrency=3) as teacher:
            await asyncio.gather(*(teacher.ask(request(f"q-{n}")) for n in range(12)))

    asyncio.run(main())
    assert endpoint.most_at_once == 3
    assert "Authorization" not in endpoint.headers[0]


def test_a_server_that_counts_no_tokens_is_fine(endpoint: Server) -> None:
    endpoint.then = raw(completion("x", usage=None, model=None))
    assert ask(endpoint) == [Reply("x", "big", None)]


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://x/v1", "http://", "http://[::1/v1"])
def test_an_address_that_is_none_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(InputError, match="no http") as caught:
        Endpoint(url, "big")
    assert "https://" in caught.value.hint


@pytest.mark.parametrize("key", ["sk-1\n", "schlüssel"])
def test_a_key_that_fits_no_header_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(FhirDistillError) as caught:
        Endpoint("http://localhost/v1", "big", key)
    assert key not in str(caught.value)


def test_retry_after_may_be_a_date() -> None:
    seconds = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True))
    assert seconds is not None
    assert 25 < seconds <= 30

"""What a collector of OpenTelemetry gets from a running service, and that the
service does as well without it. Reads the protobuf of OTLP by itself: the few
fields looked at are numbered in the public definition."""

import re
import socket
import tempfile
import threading
import time
import unittest
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

import service
import small_world

# Numbers that only these requests know, to be found nowhere in a span.
IN_QUERY, IN_PATH, IN_BODY = "+79161112233", "+79162223344", "+79163334455"
DIGITS = re.compile(rb"91611122|91622233|91633344")
TRACE, CALLERS_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SERVER = 2
# Less than a request and a stop would take if they waited for the collector.
PROMPT_SECONDS = 2


@dataclass
class Span:
    name: str
    trace: str
    id: str
    parent: str
    kind: int
    attributes: dict[str, Any]


class Collector(ThreadingHTTPServer):
    """Keeps every body that is sent to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[bytes] = []
        self.paths: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def spans(self) -> list[Span]:
        return [span for body in self.bodies for span in spans_of(body)]


class Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.paths.add(self.path)
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        """Says nothing: the test tells what matters."""


def spans_of(body: bytes) -> Iterator[Span]:
    """Request → resource spans (1) → scope spans (2) → spans (2)."""
    for resource in values(body, 1):
        for scope in values(resource, 2):
            for span in values(scope, 2):
                yield Span(
                    name=b"".join(values(span, 5)).decode(),
                    trace=b"".join(values(span, 1)).hex(),
                    id=b"".join(values(span, 2)).hex(),
                    parent=b"".join(values(span, 4)).hex(),
                    kind=sum(values(span, 6)),
                    attributes=dict(attribute(pair) for pair in values(span, 9)),
                )


def attribute(pair: bytes) -> tuple[str, Any]:
    """A key (1) and a value (2), which is text (1) or a number (3)."""
    [key], [value] = values(pair, 1), values(pair, 2)
    text, number = values(value, 1), values(value, 3)
    return key.decode(), text[0].decode() if text else (number or [None])[0]


def values(message: bytes, wanted: int) -> list[Any]:
    """The values of one field of a protobuf message, in order."""
    found, at = [], 0
    while at < len(message):
        tag, at = varint(message, at)
        match tag & 7:
            case 0:
                value, at = varint(message, at)
            case 1:
                value, at = message[at : at + 8], at + 8
            case 2:
                length, at = varint(message, at)
                value, at = message[at : at + length], at + length
            case 5:
                value, at = message[at : at + 4], at + 4
            case other:
                raise AssertionError(f"no message: wire type {other}")
        if tag >> 3 == wanted:
            found.append(value)
    return found


def varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


class Traces(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_requests_and_the_workers_steps_become_spans_without_a_number(self) -> None:
        collector = Collector()
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        self.addCleanup(collector.server_close)
        self.addCleanup(collector.shutdown)
        with service.on_sqlite(self.folder, BAITLINE_OTLP_ENDPOINT=collector.url) as (base, own):
            key = service.make_key("agency", own)
            client, _ = small_world.enter(base, key)
            request = self.ask_with_numbers(base, key, client)
        # The process has ended, and so has sent its last spans.
        self.assertEqual(collector.paths, {"/v1/traces"})
        spans = collector.spans()
        [asked] = [span for span in spans if span.trace == TRACE]
        self.assertEqual((asked.name, asked.parent), ("GET /v1/calls", CALLERS_SPAN))
        self.assertEqual(asked.kind, SERVER)
        expected = {
            "request": request,
            "http.request.method": "GET",
            "http.route": "/v1/calls",
            "http.response.status_code": 200,
        }
        self.assertEqual({name: asked.attributes.get(name) for name in expected}, expected)
        self.expect_steps(spans, client)
        for body in collector.bodies:
            self.assertIsNone(DIGITS.search(body), body)

    def ask_with_numbers(self, base: str, key: str, client: str) -> str:
        """Returns the id of the request that is a part of our trace."""
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {key}"}) as agency:
            agency.get(f"/v1/numbering/{IN_PATH}")
            call = {
                "source": "recorder",
                "bait": small_world.BAIT,
                "direction": "incoming",
                "caller": IN_BODY,
                "occurred_at": small_world.at(13),
            }
            agency.post("/v1/calls", params={"client_id": client}, json=call).raise_for_status()
            ours = {"traceparent": f"00-{TRACE}-{CALLERS_SPAN}-01", "tracestate": f"a={IN_QUERY}"}
            listed = agency.get("/v1/calls", params={"caller": IN_QUERY}, headers=ours)
            return listed.raise_for_status().headers["x-request-id"]

    def expect_steps(self, spans: list[Span], client: str) -> None:
        by_name: dict[str, list[Span]] = {}
        for span in spans:
            by_name.setdefault(span.name, []).append(span)
        for name in ("ingest batch", "expand", "refresh", "export"):
            clients = {span.attributes.get("client") for span in by_name.get(name, [])}
            self.assertIn(client, clients, f"{name}: {sorted(by_name)}")
        self.assertTrue(all("day" in span.attributes for span in by_name["refresh"]))
        # A batch belongs to the request that brought it.
        requests = {span.id for span in by_name["POST /v1/calls"]}
        self.assertTrue(all(span.parent in requests for span in by_name["ingest batch"]))

    def test_a_collector_that_is_away_or_silent_delays_no_request_and_no_stop(self) -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            # It accepts as far as the kernel does, and never answers.
            silent.listen()
            host, port = silent.getsockname()
            for name, address in (
                ("away", service.free_address()),
                ("silent", f"{host}:{port}"),
            ):
                with self.subTest(name):
                    self.serve_beside(f"http://{address}", self.folder / name)

    def serve_beside(self, collector: str, folder: Path) -> None:
        folder.mkdir()
        # Spans are sent at once, so that the first loss comes while we ask.
        settings = {"BAITLINE_OTLP_ENDPOINT": collector, "OTEL_BSP_SCHEDULE_DELAY": "50"}
        log = folder / "serve.log"
        with service.on_sqlite(folder, **settings) as (base, _):
            service.wait_for("the loss", lambda: "the collector takes no spans" in log.read_text())
            begun = time.monotonic()
            for _ in range(10):
                self.assertEqual(httpx.get(f"{base}/healthz").status_code, httpx.codes.OK)
            self.assertLess(time.monotonic() - begun, PROMPT_SECONDS)
        # That it stopped in good time was the service's own condition for leaving.
        self.assertEqual(log.read_text().count("the collector takes no spans"), 1)

    def test_an_address_that_is_none_is_refused(self) -> None:
        for address in ("collector:4318", "https://127.0.0.1:4318"):
            with self.subTest(address):
                refused = service.run("openapi", expect=2, BAITLINE_OTLP_ENDPOINT=address)
                self.assertIn("--otlp-endpoint", refused.stderr)


unittest.main(verbosity=2)

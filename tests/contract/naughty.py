"""Sends hostile text to every text of every JSON body, broken JSON of every kind
to every operation that takes JSON, and holds the service to four things: no
fault of its own, what it takes comes back as it was sent, another client notices
nothing, and what goes out (reports, packages) stays right.

Without arguments each place meets some of the texts, each text many places;
`NAUGHTY_EVERY=1` sends each to each. `NAUGHTY_SEED` for others,
`NAUGHTY_ONLY=sqlite` or `postgres` for one database."""

import contextlib
import json
import os
import random
import sqlite3
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

import generated_requests
import naughty_texts
import postgres_cluster
import request_bodies
import service
import small_world
import uploads
import whole_world
from request_bodies import Operation, Place
from whole_world import World

SEED = int(os.environ.get("NAUGHTY_SEED", "20261129"))
EVERY = bool(os.environ.get("NAUGHTY_EVERY"))
TEXTS_OF_A_PLACE = 4
BROKEN_OF_AN_OPERATION = 16
STRANGE_OF_AN_OPERATION = 4
# One place in so many gets the longest text.
LONGEST_EVERY = 20
BAITS_FROM = 79_015_100_000
MARK = "in the place of this"
NEVER_TEXT = ("id", "created_at", "updated_at", "received_at", "client_id")


class Found(AssertionError):
    """What must not be."""


class Tries:
    """Sends to one world and looks at each answer."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dice = random.Random(f"{SEED} texts")
        self.texts = naughty_texts.all_texts()
        self.turn = 0
        self.answers: Counter = Counter()
        self.kept = 0
        self.used: set[str] = set()

    def some(self, choose_from: list, most: int) -> list:
        return choose_from if EVERY else self.dice.sample(choose_from, min(most, len(choose_from)))

    def look_at(self, what: str, answer: httpx.Response) -> None:
        self.answers[answer.status_code] += 1
        look_at(what, answer)

    def texts_in_bodies(self) -> None:
        for operation in self.world.operations:
            for number, place in enumerate(operation.places):
                for kind, text in self.some(self.texts, TEXTS_OF_A_PLACE):
                    self.used.add(text)
                    self.try_text(operation, place, f"{kind} {text[:40]!r}", text)
                for value in self.some(naughty_texts.OTHER_KINDS, 1):
                    self.try_text(operation, place, f"{value!r}", value)
                if EVERY or number % LONGEST_EVERY == 0:
                    self.try_text(operation, place, "the longest", "я" * naughty_texts.LONGEST)

    def try_text(self, operation: Operation, place: Place, what: str, value: Any) -> None:
        fresh(operation, self.turn)
        self.turn += 1
        answer = self.world.send(operation, request_bodies.with_text(operation, place, value))
        name = f"{operation} {place} {what}"
        self.look_at(name, answer)
        if answer.is_success and isinstance(value, str):
            self.kept += comes_back(name, answer, place, value)

    def names_of_fields(self) -> None:
        """Names that no field has."""
        for operation in self.world.operations:
            for _, text in self.some(self.texts, 2):
                body = operation.body
                body = body[0] if isinstance(body, list) else body
                answer = self.world.send(operation, body | {text: "a"})
                self.look_at(f"{operation}: a field {text[:40]!r}", answer)

    def queries_paths_and_headers(self) -> None:
        for operation in request_bodies.operations(self.world.document):
            path = self.world.path_of(operation.template)
            if operation.method != "get" or path.endswith("/events"):
                continue
            sendable = [text for _, text in self.texts if is_sendable(text)]
            for name in operation.queries():
                for text in self.some(sendable, 3):
                    answer = self.world.http.get(path, params={name: text})
                    self.look_at(f"{operation} ?{name}={text!r}", answer)

    def names_of_files(self) -> None:
        sendable = [text for _, text in self.texts if is_sendable(text)]
        for upload in uploads.of(self.world):
            for text in self.some(sendable, 8):
                with contextlib.suppress(ValueError):
                    answer = upload.send(small_world.SILENCE, text, title=text)
                    self.look_at(f"{upload} {text!r}", answer)

    def broken_json(self) -> None:
        values = list(naughty_texts.broken_values().items())
        strange = list(naughty_texts.strange_values().items())
        for operation in self.world.operations:
            good = json.dumps(operation.body, ensure_ascii=False).encode()
            whole = list(naughty_texts.broken_documents(good))
            broken = [(name, in_a_field(operation, value)) for name, value in values]
            for name, body in self.some(whole + broken, BROKEN_OF_AN_OPERATION):
                answer = self.world.send(operation, body)
                self.look_at(f"{operation}, broken: {name}", answer)
                # Files are kept first and read by the worker.
                if operation.template != "/v1/files":
                    expect_refused(f"{operation}, broken: {name}", answer)
            for name, value in self.some(strange, STRANGE_OF_AN_OPERATION):
                answer = self.world.send(operation, in_a_field(operation, value))
                self.look_at(f"{operation}, strange: {name}", answer)

    def lines(self) -> None:
        """NDJSON: a broken line is refused, and those around it are taken."""
        values = list(naughty_texts.broken_values().items())
        place = {"client_id": self.world.client, "source": "recorder"}
        for number, (name, value) in enumerate(self.some(values, BROKEN_OF_AN_OPERATION)):
            good = [
                json.dumps(row(f"line-{number}-{part}-{self.turn}")).encode() for part in range(2)
            ]
            body = b"\n".join([good[0], value.replace(b"\n", b" "), good[1]])
            kind = {"Content-Type": "application/x-ndjson"}
            answer = self.world.http.post("/v1/calls", params=place, content=body, headers=kind)
            self.look_at(f"lines: {name}", answer)
            said = [receipt["status"] for receipt in answer.json()["receipts"]]
            is_right = said[0] == said[-1] == "accepted" and set(said[1:-1]) <= {"rejected"}
            if not is_right:
                raise Found(f"lines: {name}: {said}")


def row(name: str) -> dict[str, Any]:
    at = small_world.at(13)
    return {"external_id": name, "bait": small_world.BAIT, "direction": "incoming", "occurred_at": at}


def in_a_field(operation: Operation, value: bytes) -> bytes:
    """The good body with that value in the place of its first text."""
    place = operation.places[0] if operation.places else ("name",)
    body = request_bodies.with_text(operation, place, MARK)
    return json.dumps(body, ensure_ascii=False).encode().replace(f'"{MARK}"'.encode(), value)


def is_sendable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return len(text) < 300


def fresh(operation: Operation, turn: int) -> None:
    """What may be there once only is another each time."""
    body = operation.body
    if str(operation) == "POST /v1/baits":
        body |= {"number": f"+{BAITS_FROM + turn}", "reference": f"R-{turn}"}
    elif str(operation) == "POST /v1/competitors":
        body.pop("inn", None)
    elif str(operation) == "POST /v1/sources":
        body["name"] = f"source-{turn}"


def look_at(what: str, answer: httpx.Response) -> None:
    """No fault of ours; every refusal a problem that repeats nothing of what was sent."""
    if answer.status_code >= 500:
        raise Found(f"{what}: {answer.status_code} {answer.text[:300]}")
    if answer.status_code >= 400:
        kind = answer.headers.get("content-type")
        if kind != "application/problem+json":
            raise Found(f"{what}: {answer.status_code} of {kind}")
        answer.json()


def expect_refused(what: str, answer: httpx.Response) -> None:
    told = answer.json() if answer.is_success else {}
    receipts = told.get("receipts", [told]) if isinstance(told, dict) else []
    # Of many records the good ones are taken, and the broken one has a receipt.
    is_told = any(receipt.get("status") == "rejected" for receipt in receipts)
    if not (400 <= answer.status_code < 500 or is_told):
        raise Found(f"{what}: taken with {answer.status_code}")


def comes_back(what: str, answer: httpx.Response, place: Place, sent: str) -> int:
    """Whether what was taken is told as it was sent, in the field of that name;
    spaces around it may go, and numbers and times are written in one way."""
    try:
        told = answer.json()
    except ValueError:
        return 0
    for step in place:
        if isinstance(told, dict) and step in told:
            told = told[step]
        elif isinstance(told, list) and step == request_bodies.FIRST and told:
            told = told[0]
        else:
            return 0
    if not isinstance(told, str):
        return 0
    # Two halves of one character are that character.
    sent = sent.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if told in (sent, sent.strip()):
        return 1
    if place[-1] not in NEVER_TEXT and not is_written_anew(sent, told):
        raise Found(f"{what}: came back as {told[:100]!r}")
    return 0


def is_written_anew(sent: str, told: str) -> bool:
    """The same number, time or id in the one way that we write them."""
    digits = [character for character in sent if character.isdigit()]
    same = "".join(digits)[-10:] == "".join(c for c in told if c.isdigit())[-10:]
    is_time = len(told) >= 20 and told[10:11] == "T"
    return is_time or sent.lower() == told.lower() or bool(digits and same and told[:1] == "+")


def check_database(settings: dict[str, str], folder: Path) -> None:
    url = settings.get("BAITLINE_DATABASE_URL")
    if url:
        broken = "SELECT count(*) FROM clients WHERE name IS NULL OR name = ''"
        assert service.psql(postgres_cluster.of_database(url), broken) == ["0"]
        return
    [database] = (folder / "data").glob("*.db")
    with contextlib.closing(sqlite3.connect(database, timeout=10)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []


def try_on(place, folder: Path) -> None:
    folder.mkdir()
    settings = whole_world.SETTINGS | generated_requests.LOG
    with whole_world.entered(place(folder, **settings), folder) as world:
        calm = world.facts(world.other)
        tries = Tries(world)
        steps = (
            tries.broken_json,
            tries.lines,
            tries.names_of_fields,
            tries.queries_paths_and_headers,
            tries.names_of_files,
            tries.texts_in_bodies,
        )
        for step in steps:
            begun = time.monotonic()
            step()
            print("TIME", step.__name__, round(time.monotonic() - begun, 1), flush=True)
        world.derived(world.client)
        assert world.facts(world.other) == calm, "another client's report has changed"
        assert world.export(world.other)
        check_database(world.settings, folder)
        places = sum(len(operation.places) for operation in world.operations)
        unused = {text for _, text in tries.texts} - tries.used
        share = "every text in every place" if EVERY else f"{len(unused)} texts not this time"
        statuses = Counter({f"{code // 100}xx": 0 for code in tries.answers})
        for code, count in tries.answers.items():
            statuses[f"{code // 100}xx"] += count
        print(
            f"{place.__name__}: {len(tries.texts)} texts, {places} places ({share}), "
            f"{sum(statuses.values())} requests {dict(statuses)}, {tries.kept} came back as sent"
        )
    generated_requests.expect_quiet_logs(folder)


class Faulty(BaseHTTPRequestHandler):
    """A service that does wrong what ours must not."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        status, answer = 200, b"{}"
        match self.path:
            case "/fault":
                status = 500 if b"\\u0000" in body else 200
            case "/cut":
                name = json.loads(body)["name"].partition("\0")[0]
                answer = json.dumps({"name": name}).encode()
            case "/plain":
                status, answer = 400, b"no"
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments: Any) -> None:
        """Says nothing."""


def expect_planted() -> None:
    """A fault, a text that is cut, a refusal in plain text, broken JSON that is
    taken: each must be found."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Faulty)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    sent = {"name": "a\0b"}
    checks = {
        "/fault": lambda answer: look_at("fault", answer),
        "/cut": lambda answer: comes_back("cut", answer, ("name",), sent["name"]),
        "/plain": lambda answer: look_at("plain", answer),
        "/taken": lambda answer: expect_refused("taken", answer),
    }
    for path, check in checks.items():
        answer = httpx.post(f"{base}{path}", json=sent)
        try:
            check(answer)
        except Found:
            continue
        raise SystemExit(f"a planted fault was not found: {path}")
    server.shutdown()


def main() -> None:
    expect_planted()
    only = os.environ.get("NAUGHTY_ONLY", "")
    with whole_world.scratch() as folder:
        for place in (service.on_sqlite, service.on_postgres):
            if only in place.__name__:
                try_on(place, folder / place.__name__)
    print(f"seed {SEED}; every planted fault was found")


if __name__ == "__main__":
    main()

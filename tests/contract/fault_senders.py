"""Those who send while the program dies and comes again, as careful clients
do: what was not acknowledged is sent again, word for word, until it is."""

import contextlib
import hashlib
import json
import random
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import httpx

import small_world

CALLERS = 12
OTHERS_PER_OFFENDER = 100
BATCH_RECORDS = 150
# The trap of the small world begins at ten and covers two days.
FIRST_SECOND, LAST_SECOND = 11 * 3600, 33 * 3600
SOUND_BYTES = 200_000
# So many fit into no memory that the program has for a body, and go to a file.
LARGE_SOUND_BYTES, LARGE_ONE_IN = 2_500_000, 4
PAUSE_SECONDS = 0.02
# The only answers, beside good ones, to what comes while something befalls: nothing was
# done, send it again.
REFUSALS = (429, 503, 507)


class Told(Protocol):
    """Where they send, and where they write down what was acknowledged."""

    seed: int
    place: dict[str, str]
    enough: threading.Event
    acknowledged: dict[str, tuple[dict[str, Any], str]]
    sounds: dict[str, str]

    def caller(self) -> httpx.Client: ...


class Sender(threading.Thread):
    """Sends one thing after another, each until it is acknowledged."""

    def __init__(self, chaos: Told, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.chaos = chaos
        self.dice = random.Random(f"{chaos.seed} {name}")
        self.failure: str | None = None

    def run(self) -> None:
        number = 0
        try:
            while not self.chaos.enough.is_set():
                self.send(number)
                number += 1
        except Exception as error:
            self.failure = f"{self.name}: {error!r}"

    def send(self, number: int) -> None:
        raise NotImplementedError

    def insist(self, ask: Callable[[httpx.Client], httpx.Response]) -> tuple[httpx.Response, bool]:
        """Asks until there is a success, and says whether it was the first try."""
        is_first = True
        while True:
            with contextlib.suppress(httpx.TransportError):
                with self.chaos.caller() as http:
                    answer = ask(http)
                if answer.is_success:
                    return answer, is_first
                assert answer.status_code in REFUSALS, f"{answer.status_code} {answer.text}"
            is_first = False
            time.sleep(PAUSE_SECONDS)

    def record(self, number: int) -> dict[str, Any]:
        """A call of the trap's two days."""
        second = self.dice.randrange(FIRST_SECOND, LAST_SECOND)
        day, second = small_world.DAY.day + second // 86_400, second % 86_400
        moment = f"2026-10-{day:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}+03:00"
        return {
            "external_id": f"{self.name}-{number}",
            "bait": small_world.BAIT,
            "direction": "incoming",
            "caller": self.one_who_calls(),
            "occurred_at": moment,
            "connected_seconds": self.dice.randrange(0, 200),
        }

    def one_who_calls(self) -> str:
        # Of whom packages are made: their calls stay few enough for one.
        if self.dice.randrange(OTHERS_PER_OFFENDER) == 0:
            return small_world.OFFENDER
        return f"+791600002{self.dice.randrange(CALLERS):02}"

    def keep(
        self, sent: dict[str, dict[str, Any]], receipts: list[dict[str, Any]], is_first: bool
    ) -> None:
        for row, receipt in zip(sent.values(), receipts, strict=True):
            fine = ("accepted",) if is_first else ("accepted", "duplicate")
            assert receipt["status"] in fine, f"{row['external_id']}: {receipt}"
            self.chaos.acknowledged[row["external_id"]] = (row, receipt["id"])


class Single(Sender):
    def send(self, number: int) -> None:
        row = self.record(number)
        answer, is_first = self.insist(
            lambda http: http.post("/v1/calls", params=self.chaos.place, json=row)
        )
        self.keep({row["external_id"]: row}, [answer.json()], is_first)


class Bulk(Sender):
    def send(self, number: int) -> None:
        rows = [self.record(number * BATCH_RECORDS + place) for place in range(BATCH_RECORDS)]
        waiting = {row["external_id"]: row for row in rows}
        tried = False
        while waiting:
            body = "\n".join(json.dumps(row) for row in waiting.values())
            answer, is_first = self.insist(
                lambda http, body=body: http.post(
                    "/v1/calls",
                    params=self.chaos.place,
                    content=body,
                    headers={"Content-Type": "application/x-ndjson"},
                )
            )
            receipts = answer.json()["receipts"]
            done, left, left_receipts = {}, {}, []
            for row, receipt in zip(waiting.values(), receipts, strict=True):
                if receipt["status"] == "not_processed":
                    left[row["external_id"]] = row
                else:
                    done[row["external_id"]] = row
                    left_receipts.append(receipt)
            self.keep(done, left_receipts, is_first and not tried)
            waiting, tried = left, True


class Recordings(Sender):
    """Each belongs to a call that this one sends before it, or after it."""

    def send(self, number: int) -> None:
        row = self.record(number)
        length = LARGE_SOUND_BYTES if number % LARGE_ONE_IN == 0 else self.dice.randrange(SOUND_BYTES)
        sound = small_world.SILENCE + self.dice.randbytes(length)
        if number % 2:
            self.send_sound(row, sound)
        answer, is_first = self.insist(
            lambda http: http.post("/v1/calls", params=self.chaos.place, json=row)
        )
        self.keep({row["external_id"]: row}, [answer.json()], is_first)
        if not number % 2:
            self.send_sound(row, sound)

    def send_sound(self, row: dict[str, Any], sound: bytes) -> None:
        place = self.chaos.place | {"external_id": row["external_id"]}
        self.insist(
            lambda http: http.put(
                "/v1/recordings",
                params=place,
                content=sound,
                headers={"Content-Type": "audio/wav"},
            )
        )
        self.chaos.sounds[row["external_id"]] = hashlib.sha256(sound).hexdigest()

"""A running service with a little of everything in it, entered for one client
who meets what is hostile and for another who must not notice; and for every
operation that takes JSON a body that the service has taken, or nearly so."""

import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest import mock

import httpx

import registry
import request_bodies
import service
import small_world
from request_bodies import Operation

IN_FORCE_FROM = "2026-08-01"
ANSWER_SECONDS = 60
MEMORY_BYTES = 2 << 30
# As much as the machine gives: what is measured here is not haste.
SETTINGS = {"BAITLINE_REQUESTS_PER_SECOND": "0", "BAITLINE_CALL_REQUESTS_PER_SECOND": "0"}
NOBODY = "0197a5b0-7c1e-7d3a-9a51-0000000000ff"
# What names a thing otherwise than by its noun.
OTHER_NAMES = {
    "subject_id": "/v1/baits",
    "call_id": "/v1/calls",
    "observation_id": "/v1/observations",
    "attorney_id": "/v1/representatives",
}


class World:
    """Where it listens, who may ask, and what was entered."""

    def __init__(self, base: str, settings: dict[str, str], folder: Path) -> None:
        self.base, self.settings, self.folder = base, settings, folder
        numbering = folder / "DEF-9xx.csv"
        registry.write(numbering)
        edition = ("numbering", "import", str(numbering), "--in-force-from", IN_FORCE_FROM)
        service.run(*edition, **settings)
        self.key = service.make_key("agency", settings)
        self.http = self.caller(self.key)
        self.document = self.http.get("/openapi.json").raise_for_status().json()
        self.templates = {
            template: request_bodies.pattern_of(template) for template in self.document["paths"]
        }
        self.taken: dict[tuple[str, str], Any] = {}
        with self.noting():
            self.client, self.other = small_world.enter(base, self.key)
        of_client = service.make_key("client", settings, "--client", self.client)
        spared = {key.split("_")[1] for key in (self.key, of_client)}
        known = [small_world.known_ids(base, key, self.document) for key in (of_client, self.key)]
        self.known = {
            template: [
                values
                for one in known
                for values in one[template]
                if not spared & set(values.values())
            ]
            for template in known[0]
        }
        self.operations = [self.made_ready(one) for one in request_bodies.with_json(self.document)]

    def caller(self, key: str, **options: Any) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.Client(
            base_url=self.base, headers=headers, timeout=ANSWER_SECONDS, **options
        )

    @contextlib.contextmanager
    def noting(self) -> Iterator[None]:
        """Keeps the first JSON that each operation took."""
        send = httpx.Client.send

        def noted(http: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
            answer = send(http, request, **options)
            kind = request.headers.get("content-type", "")
            if answer.is_success and kind.startswith("application/json"):
                name = (request.method.lower(), self.template_of(request.url.path))
                self.taken.setdefault(name, json.loads(request.content))
            return answer

        with mock.patch.object(httpx.Client, "send", noted):
            yield

    def template_of(self, path: str) -> str:
        if path in self.templates:
            return path
        return next(name for name, form in self.templates.items() if form.fullmatch(path))

    def made_ready(self, operation: Operation) -> Operation:
        operation.path = self.path_of(operation.template)
        taken = self.taken.get((operation.method, operation.template))
        operation.body = self.with_ids(operation.body) if taken is None else taken
        return operation

    def path_of(self, template: str) -> str:
        """One that leads to something of the client."""
        names = re.findall(r"\{(\w+)\}", template)
        values = self.known.get(template) or [dict.fromkeys(names, NOBODY)]
        return template.format(**values[0])

    def with_ids(self, value: Any, name: str = "") -> Any:
        """An example of the description with ids that lead to something."""
        if isinstance(value, dict):
            return {name: self.with_ids(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [self.with_ids(one, name) for one in value]
        if not isinstance(value, str) or not name.endswith(("_id", "_ids")):
            return value
        if name in ("client_id", "client_ids"):
            return self.client
        noun = OTHER_NAMES.get(name, "/v1/" + name.partition("_id")[0].replace("_", "-") + "s")
        found = self.known.get(f"{noun}/{{id}}")
        return found[0]["id"] if found else value

    def send(self, operation: Operation, body: Any, **options: Any) -> httpx.Response:
        """JSON as Python writes it, which has words for more than text can hold."""
        query = options.pop("params", {})
        if operation.template in ("/v1/calls", "/v1/labels", "/v1/files"):
            query = {"client_id": self.client, "source": "recorder"} | query
            query = {name: query[name] for name in query if name in names_of_query(operation)}
        return self.http.request(
            operation.method,
            operation.path,
            params=query,
            content=body if isinstance(body, bytes) else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"} | options.pop("headers", {}),
            **options,
        )

    def derived(self, client: str) -> list[Any]:
        """What the reports of one client say, once the worker has done all."""
        service.wait_for("the worker", lambda: small_world.pending_days(self.http) == 0)
        query = {"client_id": client, "from": small_world.FROM, "to": small_world.TO}
        asked = query | {"interceptions": 1, "traps": 1, "limit": 1000}
        found = self.http.get("/v1/reports/repeat-offenders", params=asked).raise_for_status()
        calls = self.http.get("/v1/interceptions", params=query | {"limit": 1000})
        return [found.json()["offenders"], calls.raise_for_status().json()["items"]]

    def facts(self, client: str) -> list[Any]:
        """What nobody else's doing may change of a client's interceptions; verdicts
        follow operators and offices, which are shared."""
        _, calls = self.derived(client)
        return sorted([call["id"], call["started_at"], call["caller"]] for call in calls)

    def export(self, client: str) -> list[Path]:
        """Packages of all of a client's offenders, verified by the program itself."""
        about = {"from": small_world.FROM, "to": small_world.TO, "traps": 1, "interceptions": 1}
        job = small_world.post(self.http, "/v1/exports", client_id=client, **about)["id"]

        def finished() -> dict[str, Any] | None:
            found = self.http.get(f"/v1/exports/{job}").raise_for_status().json()
            return found if small_world.is_over(found["export"]) else None

        found = service.wait_for("an export", finished)
        assert found["export"]["state"] == "done" and found["packages"], found
        files = []
        for package in found["packages"]:
            sent = self.http.get(f"/v1/exports/{job}/packages/{package['id']}")
            files.append(self.folder / f"{package['id']}.zip")
            files[-1].write_bytes(sent.raise_for_status().content)
            service.run("verify", str(files[-1]))
        return files


def names_of_query(operation: Operation) -> set[str]:
    return {one["name"] for one in operation.described.get("parameters", ()) if one["in"] == "query"}


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder in memory where there is enough of it: what is tried here is not
    the disk."""
    memory = Path("/dev/shm")
    is_roomy = memory.is_dir() and shutil.disk_usage(memory).free >= MEMORY_BYTES
    with tempfile.TemporaryDirectory(dir=memory if is_roomy else None) as name:
        yield Path(name)


@contextlib.contextmanager
def entered(
    place: AbstractContextManager[tuple[str, dict[str, str]]], folder: Path
) -> Iterator[World]:
    with place as (base, settings):
        yield World(base, settings, folder)

"""Every way a file gets in, as the description tells it, with what must be said
beside the file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

import request_bodies
import small_world
from whole_world import World, names_of_query

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a media type of the description stands for.
FIRST_OF = {"audio/*": "audio/wav"}


@dataclass
class Upload:
    """One route and one media type that it takes."""

    world: World
    method: str
    template: str
    path: str
    media: str
    query: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.template} {self.media}"

    def send(self, content: bytes, name: str = "file", **more: str) -> httpx.Response:
        """A file under a name; a name that a URL cannot hold is left out of it."""
        if self.media == "multipart/form-data":
            return self.world.http.post(self.path, files={"files": (name, content)})
        query = self.query | {name: text for name, text in more.items() if name in self.query}
        if "file_name" in query:
            query["file_name"] = name
        kind = {"Content-Type": self.media}
        return self.world.http.request(
            self.method, self.path, params=query, content=content, headers=kind
        )


def of(world: World) -> Iterator[Upload]:
    known = {
        "client_id": world.client,
        "source": "recorder",
        "external_id": "hostile",
        "subject_kind": "bait",
        "subject_id": world.known["/v1/baits/{id}"][0]["id"],
        "title": "Договор",
        "file_name": "file",
        "looked_up_at": small_world.TO,
        "owners": "mMTS=7740000076",
    }
    for operation in request_bodies.operations(world.document):
        for media in operation.media():
            # Other bodies of JSON are no files.
            if media == "application/json" and operation.template != "/v1/files":
                continue
            path = world.path_of(operation.template)
            if operation.template.startswith("/v1/templates"):
                path = "/v1/templates/answering_script"
            names = names_of_query(operation)
            query = {name: known[name] for name in sorted(names & known.keys())}
            media = FIRST_OF.get(media, media)
            yield Upload(world, operation.method, operation.template, path, media, query)

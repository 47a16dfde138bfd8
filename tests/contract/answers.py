"""Notes every answer of a service and takes out of it what differs between two
runs of the same requests: ids, and the times at which the program acted."""

import difflib
import json
import re
from typing import Any

import httpx

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ACTED_AT = {"created_at", "imported_at", "labelled_at", "received_at", "sealed_at", "updated_at"}
# A cursor is made of ids, and who labelled is the id of a key; a package holds
# ids and the time of its sealing.
OPAQUE = {"labelled_by", "next_cursor"}
OF_A_PACKAGE = {"sha256", "bytes"}
# What tells the times and ids of its facts, by all the fields of its object: a
# document of a package, a link of a chain of custody, the head of the audit.
OF_ACTS = {
    frozenset({"file", "sha256", "bytes"}): {"sha256", "bytes"},
    frozenset({"at", "kind", "by", "link"}): {"at", "link"},
    frozenset({"sequence", "hash"}): {"sequence", "hash"},
}


class Answers:
    """The answers of one service, in order, as comparable values."""

    def __init__(self) -> None:
        self.noted: list[dict[str, Any]] = []
        self._ids: dict[str, str] = {}

    def note(self, response: httpx.Response) -> None:
        """A hook of the HTTP client: runs on every response."""
        body = response.read()
        request = response.request
        media_type = response.headers.get("content-type")
        is_json = media_type is not None and "json" in media_type
        self.noted.append(
            {
                "request": self.without_ids(f"{request.method} {request.url.raw_path.decode()}"),
                "status": response.status_code,
                "media_type": media_type,
                "body": self.comparable(json.loads(body)) if is_json else None,
            }
        )

    def comparable(self, value: Any) -> Any:
        match value:
            case dict():
                vague = ACTED_AT | OPAQUE | (OF_A_PACKAGE if "missing" in value else set())
                vague |= OF_ACTS.get(frozenset(value), set())
                return {
                    key: self.vague(inner) if key in vague else self.comparable(inner)
                    for key, inner in value.items()
                }
            case list():
                return [self.comparable(inner) for inner in value]
            case str():
                return self.without_ids(value)
            case _:
                return value

    def vague(self, value: Any) -> str | None:
        """All that can be compared of such a value: whether it is there."""
        return None if value is None else "…"

    def without_ids(self, text: str) -> str:
        """Ids by the order in which they were first seen."""

        def name(found: re.Match[str]) -> str:
            return self._ids.setdefault(found[0], f"id-{len(self._ids) + 1}")

        return re.sub(r"cursor=[^&]+", "cursor=…", ID.sub(name, text))


def differences(one: Answers, other: Answers) -> list[str]:
    """Every line in which the answers of one differ from the other's."""
    sides = [json.dumps(side.noted, ensure_ascii=False, indent=1) for side in (other, one)]
    return list(difflib.unified_diff(*(side.splitlines() for side in sides), lineterm="", n=6))

"""Finds in the service's own description where text goes in, and writes bodies
that are good but for one place. Knows no routes: examples are the description's,
or what was sent before and taken."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

# A step into an array, and into an object whose names anybody may choose.
FIRST, ANY_NAME = 0, "имя"
METHODS = ("post", "put", "patch", "delete", "get")

Place = tuple[int | str, ...]
Document = dict[str, Any]


@dataclass
class Operation:
    """One method of one path."""

    document: Document
    method: str
    template: str
    described: dict[str, Any]
    # A body that is good, or nearly so.
    body: Any = None
    path: str = ""
    places: list[Place] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.template}"

    def media(self) -> dict[str, Any]:
        return self.described.get("requestBody", {}).get("content", {})

    def schema(self) -> dict[str, Any]:
        return self.media()["application/json"]["schema"]

    def queries(self) -> list[str]:
        """The parameters of the query that are text."""
        return [
            one["name"]
            for one in self.described.get("parameters", ())
            if one["in"] == "query" and is_text(self.document, one["schema"])
        ]


def operations(document: Document) -> Iterator[Operation]:
    for template, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield Operation(document, method, template, item[method])


def with_json(document: Document) -> Iterator[Operation]:
    """Those that take JSON, with an example and every place for text in it."""
    for operation in operations(document):
        media = operation.media().get("application/json")
        if media:
            operation.places = sorted(set(text_places(document, media["schema"])), key=str)
            operation.body = example_of(document, media)
            yield operation


def resolved(document: Document, schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def types_of(schema: dict[str, Any]) -> list[str]:
    kind = schema.get("type", [])
    return kind if isinstance(kind, list) else [kind]


def choices(document: Document, schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schema, or those it may be one of."""
    schema = resolved(document, schema)
    found = [schema]
    for name in ("oneOf", "anyOf", "allOf"):
        for one in schema.get(name, ()):
            found += choices(document, one)
    return found


def is_text(document: Document, schema: dict[str, Any]) -> bool:
    return any("string" in types_of(one) for one in choices(document, schema))


def text_places(
    document: Document, schema: dict[str, Any], at: Place = (), above: tuple[int, ...] = ()
) -> Iterator[Place]:
    """Where a string may stand, whatever its format."""
    for one in choices(document, schema):
        # What contains itself is entered once.
        if id(one) in above:
            continue
        inside = (*above, id(one))
        if "string" in types_of(one):
            yield at
        for name, of_name in one.get("properties", {}).items():
            yield from text_places(document, of_name, (*at, name), inside)
        if isinstance(one.get("items"), dict):
            yield from text_places(document, one["items"], (*at, FIRST), inside)
        if "object" in types_of(one) and "properties" not in one:
            rest = one.get("additionalProperties")
            if isinstance(rest, dict):
                yield from text_places(document, rest, (*at, ANY_NAME), inside)
            else:
                yield (*at, ANY_NAME)


def example_of(document: Document, media: dict[str, Any]) -> Any:
    if "example" in media:
        return copy.deepcopy(media["example"])
    for one in choices(document, media["schema"]):
        if one.get("examples"):
            return copy.deepcopy(one["examples"][0])
    return least(document, media["schema"])


def least(document: Document, schema: dict[str, Any]) -> Any:
    """The least that a schema asks for."""
    one = next((one for one in choices(document, schema) if types_of(one)), {})
    if one.get("examples"):
        return copy.deepcopy(one["examples"][0])
    if "enum" in one:
        return one["enum"][0]
    kinds = types_of(one)
    if "object" in kinds:
        named = one.get("properties", {})
        return {name: least(document, named[name]) for name in one.get("required", ())}
    if "array" in kinds:
        return [least(document, one.get("items", {}))]
    if "integer" in kinds or "number" in kinds:
        return one.get("minimum", 1)
    if "boolean" in kinds:
        return False
    return "2026-10-05" if one.get("format") == "date" else "слово"


def with_text(operation: Operation, place: Place, value: Any) -> Any:
    """The operation's body with one place changed; what is on the way to it and
    not there is made."""
    body = copy.deepcopy(operation.body)
    if not place:
        return value
    schema = operation.schema()
    if isinstance(place[0], str) and isinstance(body, list):
        # One or many: the example is of many.
        body = body[0]
    if isinstance(place[0], int) and isinstance(body, dict):
        body = [body]
    at = body
    for depth, step in enumerate(place):
        schema = below(operation.document, schema, step)
        is_last = depth + 1 == len(place)
        if isinstance(step, int) and not at:
            at.append(None)
        known = at[step] if isinstance(step, int) else at.get(step)
        wanted = list if not is_last and isinstance(place[depth + 1], int) else dict
        if is_last:
            at[step] = value
        elif not isinstance(known, wanted):
            made = least(operation.document, schema)
            at[step] = made if isinstance(made, wanted) else wanted()
        at = at[step]
    return body


def below(document: Document, schema: dict[str, Any], step: int | str) -> dict[str, Any]:
    for one in choices(document, schema):
        if isinstance(step, int) and "items" in one:
            return one["items"]
        if step in one.get("properties", {}):
            return one["properties"][step]
        if isinstance(one.get("additionalProperties"), dict):
            return one["additionalProperties"]
    return {}


def pattern_of(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", template)
    return re.compile("[^/]+".join(map(re.escape, parts)))

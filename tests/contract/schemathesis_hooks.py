"""What Schemathesis cannot know of the service: how lines of JSON are written,
and which refusals a JSON schema has no words for. Knows codes of errors, which
hold everywhere, and no routes."""

import json
import os
from typing import Any

import schemathesis

GOOD_REQUEST_REFUSED, BAD_REQUEST_TAKEN = "ST202", "ST201"

# What a schema can say, so that a request that keeps to it must not be refused
# for it. Any other code tells of a rule between two values, of check digits, of
# time zones that exist, of what is stored: no schema says that. `missing` is not
# among them: what is always needed stands in the schema and is always sent, and
# the rest depends on other values and on the key.
SAYABLE = {
    "empty",
    "invalid_type",
    "invalid_utf8",
    "invalid_value",
    "malformed_json",
    "not_a_slug",
    "not_a_time",
    "not_an_id",
    "out_of_range",
    "too_long",
    "too_many",
    "unknown_field",
    "unknown_parameter",
}


# Well formed, and of no key.
NOBODYS_KEY = "000000000000"


@schemathesis.serializer("application/x-ndjson")
def write_lines(context: Any, value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    rows = value if isinstance(value, list) else [value]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@schemathesis.serializer("audio/wav")
def write_sound(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def bytes_of(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


# A body that does not begin as its type does is refused; the rest is what was made up.
@schemathesis.serializer("application/pdf")
def write_pdf(context: Any, value: Any) -> bytes:
    return b"%PDF-1.4\n" + bytes_of(value)


@schemathesis.serializer("image/png")
def write_png(context: Any, value: Any) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + bytes_of(value)


@schemathesis.serializer("image/jpeg")
def write_jpeg(context: Any, value: Any) -> bytes:
    return b"\xff\xd8\xff" + bytes_of(value)


@schemathesis.hook
def filter_path_parameters(context: Any, path_parameters: dict[str, Any]) -> bool:
    """No request may revoke the keys in use."""
    spared = os.environ["SPARED_KEYS"].split()
    return not any(value in spared for value in (path_parameters or {}).values())


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """The same for phases that do not ask the filter: their request goes to a key
    that nobody has."""
    spared = os.environ["SPARED_KEYS"].split()
    for name, value in (case.path_parameters or {}).items():
        if any(key in str(value) for key in spared):
            case.path_parameters[name] = NOBODYS_KEY


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether a failure counts."""
    if failure.code == GOOD_REQUEST_REFUSED:
        if "STRICT" not in os.environ:
            # There is nearly always one more value that a schema allows and a rule
            # refuses: the long run hunts for them, a commit must not fail by luck.
            return False
        if any(value in (None, "null") for value in (case.path_parameters or {}).values()):
            # The null of an answer, such as the id of what is built in, names nothing.
            return False
        errors = answer(response).get("errors", [])
        return not errors or any(is_sayable(error, case) for error in errors)
    if failure.code == BAD_REQUEST_TAKEN:
        kinds = ("in body - violates `type`", "in body - incorrect type")
        is_text = case.media_type in ("text/csv", "text/markdown")
        if is_text and any(kind in failure.message for kind in kinds):
            # Whatever is sent as text is a string: the digits of a number are a table, too.
            return False
        # A body of many records or files is taken, and each bad one refused by its receipt.
        told = answer(response)
        receipts = [receipt.get("status") for receipt in told.get("receipts", [])]
        return told.get("counts", {}).get("rejected", 0) == 0 and "rejected" not in receipts
    return True


def answer(response: Any) -> dict[str, Any]:
    try:
        read = response.json()
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def is_sayable(error: dict[str, Any], case: Any) -> bool:
    """Some codes are sayable of some values only."""
    value = sent(error, case)
    match error["code"]:
        case "empty":
            # Text of nothing but spaces has a length.
            return value == ""
        case "out_of_range":
            # Times have no bounds in a schema, numbers do.
            return not isinstance(value, str)
        case code:
            return code in SAYABLE


def sent(error: dict[str, Any], case: Any) -> Any:
    """The value that an error speaks of, as far as it can be found."""
    if "parameter" in error:
        return (case.query or {}).get(error["parameter"])
    value = case.body
    for step in error.get("pointer", "").split("/")[1:]:
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value

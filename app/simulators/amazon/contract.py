"""The official models as a contract: every request and every reply is held against them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema import Draft4Validator, FormatChecker

MODELS = Path(__file__).resolve().parents[2] / "vendor" / "schemas"
FORMATS = FormatChecker(formats=())


def _is_date_time(value: object) -> bool:
    if isinstance(value, str):
        datetime.fromisoformat(value)
        return "T" in value
    return True


FORMATS.checks("date-time", raises=ValueError)(_is_date_time)


class Operation(NamedTuple):
    """One operation of a model."""

    model: str
    path: str
    method: str
    specification: dict[str, Any]


@lru_cache(maxsize=1)
def operations() -> dict[str, Operation]:
    """Every operation we have a model of, by its official id."""
    found = {}
    for file in sorted(MODELS.glob("*.json")):
        for path, methods in _model(file.name)["paths"].items():
            for method, specification in methods.items():
                found[specification["operationId"]] = Operation(
                    file.name, path, method, specification
                )
    return found


def request_errors(operation_id: str, query: Mapping[str, str], body: Any) -> list[str]:
    """What is wrong with a request by the model; parameters the model does not know are let pass."""
    operation = operations()[operation_id]
    errors = []
    for parameter in operation.specification.get("parameters", []):
        name, place = parameter["name"], parameter["in"]
        if place == "body":
            errors += schema_errors(operation.model, parameter["schema"], body)
        elif place == "query":
            if name in query:
                errors += _parameter_errors(parameter, query[name])
            elif parameter.get("required"):
                errors.append(f"{name} is required")
    return errors


def reply_errors(operation_id: str, status: int, body: Any) -> list[str]:
    """What is wrong with a reply by the model."""
    operation = operations()[operation_id]
    reply = operation.specification["responses"].get(str(status))
    if reply is None:
        return [f"the model of {operation_id} knows no status {status}"]
    return schema_errors(operation.model, reply.get("schema", {}), body)


def schema_errors(model: str, schema: Mapping[str, Any], body: Any) -> list[str]:
    """What is wrong with a body by a schema of a model, each with where it is."""
    whole = {**schema, "definitions": _model(model)["definitions"]}
    validator = Draft4Validator(whole, format_checker=FORMATS)
    return [
        f"{'.'.join(str(part) for part in error.absolute_path) or 'body'}: {error.message}"
        for error in validator.iter_errors(body)
    ]


def _parameter_errors(parameter: Mapping[str, Any], value: str) -> list[str]:
    name = parameter["name"]
    if parameter.get("type") == "integer":
        if not value.isdigit():
            return [f"{name} must be a whole number"]
        low, high = parameter.get("minimum"), parameter.get("maximum")
        if (low is not None and int(value) < low) or (high is not None and int(value) > high):
            return [f"{name} must be from {low} to {high}"]
    if "enum" in parameter and value not in parameter["enum"]:
        return [f"{name} must be one of {', '.join(parameter['enum'])}"]
    if parameter.get("format") == "date-time" and not _parses(value):
        return [f"{name} must be an ISO 8601 date and time"]
    return []


def _parses(value: str) -> bool:
    try:
        return _is_date_time(value)
    except ValueError:
        return False


def document_errors(name: str, document: Any) -> list[str]:
    """What is wrong with a report's document by Amazon's schema of that name."""
    return schema_errors(f"reports/{name}.json", _model(f"reports/{name}.json"), document)


@lru_cache(maxsize=32)
def _model(name: str) -> dict[str, Any]:
    model: dict[str, Any] = json.loads((MODELS / name).read_text())
    return model

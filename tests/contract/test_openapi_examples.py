"""The examples in the OpenAPI document: every answer has one that its call would give, and all are of one meeting."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from meetings import example_meeting as board
from meetings.api import answer_examples, api
from meetings.api.answer_examples.problems import PARTICULAR
from meetings.api.openapi import openapi_document
from meetings.api.problem_types import PROBLEM_TYPES
from meetings.api.schemas import Schema
from meetings.verify_proof import proof_verify
from tests.contract.test_protocol_page import rows, section

PROBLEM = "application/problem+json"
NAMES = {board.ADA_ID: "Ada", board.CHARLES_ID: "Charles"}
UUID_SHOWN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document(api)


def calls(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def answers(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is answered to those who are not refused, of each call."""
    for _path, _method, operation in calls(document):
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                for content in response.get("content", {}).values():
                    yield operation["operationId"], content


def faults(document: Mapping[str, Any], schema: Mapping[str, Any], example: object) -> list[str]:
    validator = OAS31Validator({**schema, "components": document["components"]})
    return [error.message for error in validator.iter_errors(example)]


def test_every_answer_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    n_answers = 0
    for name, content in answers(document):
        if content["schema"].get("format") == "binary":
            assert "example" not in content, f"{name}: JSON holds no bytes"
            continue
        n_answers += 1
        assert "example" in content, f"meetings/api/answer_examples has none for {name} ({content['schema']})"
        assert faults(document, content["schema"], content["example"]) == [], name
    assert n_answers > 70


def test_every_answer_of_json_is_refused_by_another_schema(document: dict[str, Any]) -> None:
    """An example is held to its schema by what the schema demands."""
    for name, content in answers(document):
        if isinstance(content.get("example"), dict):
            assert faults(document, content["schema"], {}) != [], name


def test_no_example_lacks_a_field_or_has_one_that_is_not_answered(document: dict[str, Any]) -> None:
    models = {each.__name__: each for each in schemas(Schema)}
    n_compared = 0
    for name, content in answers(document):
        model = models.get(content["schema"].get("$ref", "").rpartition("/")[2])
        if model is not None:
            n_compared += 1
            read = model.model_validate(content["example"])
            answered = json.loads(read.model_dump_json(by_alias=True, exclude_unset=True))
            assert shape(answered) == shape(content["example"]), name
    assert n_compared > 60


def schemas(base: type[Schema]) -> set[type[Schema]]:
    mine = set(base.__subclasses__())
    return mine.union(*(schemas(each) for each in mine))


def shape(value: object) -> object:
    """What is where, whichever way it is written."""
    if isinstance(value, Mapping):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [shape(each) for each in value]
    return value is None


def test_there_is_no_example_of_what_nobody_answers(document: dict[str, Any]) -> None:
    called = {operation["operationId"] for _path, _method, operation in calls(document)}
    answered = {content["schema"].get("$ref", "").rpartition("/")[2] for _name, content in answers(document)}
    assert set(answer_examples.BY_CALL) <= called
    assert set(answer_examples.BY_SCHEMA) <= answered
    assert set(PARTICULAR) <= called


def test_the_examples_tell_of_one_meeting(document: dict[str, Any]) -> None:
    shown = {name: content["example"] for name, content in answers(document) if "example" in content}
    ids = set(UUID_SHOWN.findall(json.dumps(shown)))
    assert len(ids) > 10
    assert {each for each in ids if not each.startswith("0197a1c2-0000-7000-8000-")} == set()
    named = list(people(list(shown.values())))
    assert len(named) > 10
    for participant_id, name in named:
        assert NAMES[participant_id] == name


def people(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        name = value.get("speaker", value.get("display_name"))
        if value.get("participant_id") is not None and isinstance(name, str):
            yield str(value["participant_id"]), name
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from people(each)


def test_every_call_shows_how_it_refuses(document: dict[str, Any]) -> None:
    for _path, _method, operation in calls(document):
        name = operation["operationId"]
        content = operation["responses"]["default"]["content"][PROBLEM]
        assert content["examples"] or name == "audit_key", name  # which is refused to nobody
        for code, example in content["examples"].items():
            assert example["value"]["code"] == code
            assert example["value"]["status"] == PROBLEM_TYPES[code].status
            assert faults(document, content["schema"], example["value"]) == [], name
        too_many = operation["responses"]["429"]["content"][PROBLEM]
        assert too_many["example"]["code"] == "too_many_requests"
        assert faults(document, too_many["schema"], too_many["example"]) == []


def test_what_is_written_of_a_call_s_refusals_is_among_its_examples(document: dict[str, Any]) -> None:
    """In PROTOCOL.md's table and in the description of the call itself."""
    written = {}
    for cell, what in rows(section("Addresses over HTTP")):
        method, _, address = cell.strip("`").partition(" ")
        written[method.lower(), address.partition("?")[0]] = what
    n_codes = 0
    for path, method, operation in calls(document):
        known = re.sub(r"\{\w+\}", "{id}", path.removeprefix("/api/v1"))
        said = f"{written[method, known]} {operation.get('description', '')}"
        codes = {code for code in re.findall(r"`([a-z_]+)`", said) if code in PROBLEM_TYPES}
        shown = set(operation["responses"]["default"]["content"][PROBLEM]["examples"])
        n_codes += len(codes)
        assert codes <= shown, operation["operationId"]
    assert n_codes > 10


def test_the_names_in_addresses_have_examples_that_fit(document: dict[str, Any]) -> None:
    n_parameters = 0
    for _path, _method, operation in calls(document):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                n_parameters += 1
                assert "example" in parameter, f"answer_examples/parameters.py has none for {parameter['name']}"
            if "example" in parameter:
                assert faults(document, parameter["schema"], parameter["example"]) == [], parameter["name"]
    assert n_parameters > 50


def test_the_proof_that_is_shown_proves_the_transcript_that_is_shown(document: dict[str, Any]) -> None:
    shown = {name: content["example"] for name, content in answers(document) if "example" in content}
    proof, transcript = json.loads(json.dumps([shown["audit_proof"], shown["transcript_json"]]))
    verdict = proof_verify(proof, transcript)
    assert verdict.problems == []
    assert verdict.is_signature_checked
    proof["entries"][0]["actor"] = "user:2"
    assert proof_verify(proof).problems != []


def test_the_files_that_are_shown_hold_the_lines(document: dict[str, Any]) -> None:
    shown = {name: content["example"] for name, content in answers(document) if "example" in content}
    for name in ("vtt", "srt", "txt", "md", "csv", "ttml"):
        text = shown[f"transcript_{name}"]
        assert all(line["text"] in text for line in board.SEGMENTS), name


def test_what_has_an_etag_says_so_and_what_it_is_good_for(document: dict[str, Any]) -> None:
    found = {operation["operationId"]: operation for _path, _method, operation in calls(document)}
    told = {name for name, each in found.items() if "ETag" in each["responses"].get("200", {}).get("headers", {})}
    changes = {
        name for name, each in found.items() if "If-Match" in {one["name"] for one in each.get("parameters", ())}
    }
    files = {name for name in found if name.startswith("transcript_")}
    assert len(changes) == 6
    assert told == changes | files | {"segment_read"}
    assert {name for name, each in found.items() if "304" in each["responses"]} == files

"""The `type` of every problem leads to a page that says what it means."""

import ast
import re
from typing import Any

import pytest
from django.test import Client

from meetings import errors
from meetings.api.problem_types import PROBLEM_TYPES
from streaming.errors import StreamError
from tests.integration.api_calls import assert_problem, get
from tests.nodes import ROOT

NEVER_SENT = {"meetings_error"}  # the base of all
OF_OTHER_THINGS = {
    *("lease_lost", "purge_stopped", "nothing_to_mix"),  # what a job is told, and nobody over HTTP
    *("anchor_unsigned", "trigger_missing"),  # what a check of the audit trail finds
}


def classes(base: type[Any]) -> set[type[Any]]:
    return {base}.union(*(classes(each) for each in base.__subclasses__()))


def test_every_code_that_is_answered_is_explained() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "meetings").rglob("*.py"))
    raised = set(re.findall(r'\bcode="([a-z_]+)"', sources))
    raised |= set(re.findall(r'^    code\b[a-z, ]*= "([a-z_]+)"', sources, re.MULTILINE))
    raised |= {each.code for each in classes(errors.MeetingsError) if each.__module__ == errors.__name__}
    raised |= {each.code for each in classes(StreamError) if each.__module__ == "streaming.errors"}
    assert len(raised) > 40
    assert raised - set(PROBLEM_TYPES) - NEVER_SENT - OF_OTHER_THINGS == set()


def test_the_statuses_are_those_of_the_errors() -> None:
    for each in classes(errors.MeetingsError):
        if each.__module__ == errors.__name__ and each.code not in NEVER_SENT:
            assert PROBLEM_TYPES[each.code].status == each.status


def test_the_statuses_are_those_that_are_answered() -> None:
    """Of refusals by the code that they are raised with."""
    n_found = 0
    for path in (ROOT / "meetings").rglob("*.py"):
        for call in (each for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, ast.Call)):
            given = {each.arg: getattr(each.value, "value", None) for each in call.keywords}
            status = given.get("status", getattr(getattr(errors, getattr(call.func, "id", ""), None), "status", None))
            explained = PROBLEM_TYPES.get(str(given.get("code")))
            if explained is not None and status is not None:
                n_found += 1
                assert explained.status == status, f"{given['code']} in {path.name}"
    assert n_found > 40


@pytest.mark.django_db
def test_the_type_of_a_problem_resolves() -> None:
    client = Client()
    problem = assert_problem(get(client, "/meetings"), 401, "unauthenticated")
    page = client.get(problem["type"])
    assert page.status_code == 200
    assert "Send a valid API token" in page.content.decode()


def test_all_problems_are_on_one_page_and_unknown_ones_are_not_found() -> None:
    page = Client().get("/problems/").content.decode()
    for code in PROBLEM_TYPES:
        assert f'id="{code}"' in page
        assert f"/problems/{code}" in page
    assert Client().get("/problems/nothing").status_code == 404

"""Languages and names over REST: who may change them, and what every wrong request gets."""

from typing import Any

import pytest
from django.test import Client

from meetings.models import AuditEvent, MeetingEvent, Participant
from tests.integration.api_calls import assert_problem, get, guest, made, patch, post, program
from tests.integration.made import user_made

pytestmark = pytest.mark.django_db


def joined(client: Client, meeting: dict[str, Any], **fields: object) -> dict[str, Any]:
    response = post(client, f"/meetings/{meeting['code']}/participants", {"display_name": "Ada", **fields})
    assert response.status_code == 201, response.content
    admission: dict[str, Any] = response.json()
    return admission


def path_of(meeting: dict[str, Any], admission: dict[str, Any], *, by: str = "code") -> str:
    return f"/meetings/{meeting[by]}/participants/{admission['participant_id']}"


def test_a_language_is_given_at_joining_and_listed() -> None:
    client = program()
    meeting = made(client)
    joined(guest(), meeting, language="PT-br")
    joined(guest(), meeting)
    listed = get(client, f"/meetings/{meeting['id']}/participants").json()["data"]
    assert [each["language"] for each in listed] == ["pt-BR", ""]


def test_a_meeting_has_one_explicit_language() -> None:
    client = program()
    assert made(client)["language"] == "en"
    assert made(client, language="DE-ch")["language"] == "de-CH"
    assert_problem(post(client, "/meetings", {"title": "a", "language": ""}), 422, "validation_failed")
    assert_problem(post(client, "/meetings", {"title": "a", "language": "und"}), 422, "validation_failed")


def test_guests_change_themselves_by_their_resume_token() -> None:
    meeting = made(program())
    admission = joined(guest(), meeting)
    body = {"language": "de", "display_name": "Grace", "resume_token": admission["resume_token"]}
    changed = patch(guest(), path_of(meeting, admission, by="id"), body)
    assert changed.status_code == 200, changed.content
    assert (changed.json()["language"], changed.json()["display_name"]) == ("de", "Grace")
    own = f"participant:{admission['participant_id']}"
    trail = AuditEvent.objects.filter(target=own, action__in=["participant.language", "participant.renamed"])
    assert set(trail.values_list("actor", flat=True)) == {own}
    told = MeetingEvent.objects.filter(type__in=["participant.language", "participant.changed"])
    assert told.count() == 2


def test_hosts_change_others_and_accounts_themselves() -> None:
    client = program()
    meeting = made(client)
    browser = Client()
    browser.force_login(user_made("bob"))
    admission = joined(browser, meeting)
    assert patch(client, path_of(meeting, admission, by="id"), {"language": "de"}).json()["language"] == "de"
    assert patch(browser, path_of(meeting, admission, by="id"), {"language": ""}).json()["language"] == ""


def test_nobody_changes_somebody_else() -> None:
    meeting = made(program())
    ada, eve = joined(guest(), meeting), joined(guest(), meeting, display_name="Eve")
    path = path_of(meeting, ada)
    assert_problem(patch(guest(), path, {"language": "de"}), 403, "forbidden")
    assert_problem(patch(guest(), path_of(meeting, ada, by="id"), {"language": "de"}), 404, "not_found")
    stolen = {"language": "de", "resume_token": eve["resume_token"]}
    assert_problem(patch(guest(), path, stolen), 403, "forbidden")
    assert_problem(patch(guest(), path, {"language": "de", "resume_token": "made-up"}), 403, "forbidden")
    other = made(program("another"))
    own = {"language": "de", "resume_token": ada["resume_token"]}
    assert_problem(patch(guest(), path_of(other, ada), own), 404, "not_found")
    assert set(Participant.objects.values_list("language", flat=True)) == {""}


@pytest.mark.parametrize(
    "body",
    [
        {"language": "klingon"},
        {"language": 7},
        {"language": ["de"]},
        {"language": "d" * 100_000},
        {"display_name": " "},
        {"display_name": "x" * 81},
        {"display_name": "a\u202eb"},
        {"resume_token": {}},
    ],
)
def test_hostile_changes_are_refused_and_change_nothing(body: dict[str, object]) -> None:
    client = program()
    meeting = made(client)
    admission = joined(guest(), meeting)
    before = Participant.objects.values().get(pk=admission["participant_id"])
    assert_problem(patch(client, path_of(meeting, admission), body), 422, "validation_failed")
    assert Participant.objects.values().get(pk=admission["participant_id"]) == before


def test_a_language_that_no_model_knows_is_refused(settings: Any) -> None:
    settings.SPEECH_LANGUAGES = ("en", "de")
    client = program()
    meeting = made(client)
    refused = post(guest(), f"/meetings/{meeting['code']}/participants", {"display_name": "Ada", "language": "fr"})
    assert_problem(refused, 422, "language_unsupported")
    assert not Participant.objects.exists()
    admission = joined(guest(), meeting, language="de-AT")
    body = {"language": "fr", "display_name": "New"}
    assert_problem(patch(client, path_of(meeting, admission), body), 422, "language_unsupported")
    assert Participant.objects.get().display_name == "Ada"


def test_the_vocabulary_is_bounded_and_changes_are_told() -> None:
    client = program()
    meeting = made(client, vocabulary=["Kubernetes", "Dvořák"])
    assert meeting["vocabulary"] == ["Kubernetes", "Dvořák"]
    path = f"/meetings/{meeting['id']}"
    assert patch(client, path, {"vocabulary": []}).json()["vocabulary"] == []
    for wrong in (["x" * 101], [""], ["a\nb"], ["term"] * 501, "term", [7]):
        assert_problem(patch(client, path, {"vocabulary": wrong}), 422, "validation_failed")
    assert [event.payload["changed"] for event in MeetingEvent.objects.all()] == [["vocabulary"]]

"""Corrections over HTTP: who may, which revision they say, what is refused, and what a repetition gives."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from meetings.models import Meeting, Segment
from meetings.services.segments import segment_correct
from tests.integration.api_calls import API, Answer, assert_problem, get, guest, made, post, program
from tests.integration.corrected import line, texts
from tests.integration.made import meeting_made, user_made

pytestmark = pytest.mark.django_db


def patch(client: Client, path: str, body: object, **headers: str) -> Answer:
    answer: Any = client.patch(f"{API}{path}", body, content_type="application/json", headers=headers)
    found: Answer = answer
    return found


def act(client: Client, segment: Segment, name: str, body: object = None, *, rev: int = 1) -> Answer:
    return post(client, f"/segments/{segment.pk}/{name}", body or {}, headers={"If-Match": f'"{rev}"'})


@pytest.fixture
def bot() -> Client:
    return program()


@pytest.fixture
def meeting() -> Meeting:
    return meeting_made()


def test_a_correction_answers_with_the_new_revision_and_its_etag(bot: Client, meeting: Meeting) -> None:
    (segment,) = line(meeting, "helo there")
    read = get(bot, f"/segments/{segment.pk}")
    assert (read.status_code, read.headers["ETag"], read.json()["text"]) == (200, '"1"', "helo there")
    corrected = patch(bot, f"/segments/{segment.pk}", {"text": "hello there"}, **{"If-Match": '"1"'})
    assert (corrected.status_code, corrected.headers["ETag"]) == (200, '"2"')
    answer = corrected.json()
    assert (answer["rev"], answer["state"], answer["text"]) == (2, "corrected", "hello there")
    assert get(bot, f"/segments/{segment.pk}").json() == answer
    listed = get(bot, f"/meetings/{meeting.pk}/segments").json()["data"]
    assert listed == [answer]


def test_whoever_is_second_gets_412_with_what_stands_now(bot: Client, meeting: Meeting) -> None:
    (segment,) = line(meeting, "helo")
    patch(bot, f"/segments/{segment.pk}", {"text": "hello"}, **{"If-Match": '"1"'})
    late = patch(bot, f"/segments/{segment.pk}", {"text": "hallo"}, **{"If-Match": '"1"'})
    problem = assert_problem(late, 412, "revision_mismatch")
    assert (problem["segment"]["rev"], problem["segment"]["text"]) == (2, "hello")
    assert late.headers["ETag"] == '"2"'
    assert patch(bot, f"/segments/{segment.pk}", {"text": "hallo"}, **{"If-Match": '"2"'}).json()["rev"] == 3


@pytest.mark.parametrize("name", ["undo", "split", "merge", "retract", "restore"])
def test_every_act_says_which_revision_it_was_made_of(bot: Client, meeting: Meeting, name: str) -> None:
    (segment,) = line(meeting, "one two")
    body = {"at": 4} if name == "split" else {}
    assert_problem(post(bot, f"/segments/{segment.pk}/{name}", body), 428, "if_match_required")
    assert_problem(act(bot, segment, name, body, rev=7), 412, "revision_mismatch")
    wrong = post(bot, f"/segments/{segment.pk}/{name}", body, headers={"If-Match": "*"})
    assert_problem(wrong, 400, "bad_if_match")
    assert Segment.objects.get().rev == 1


def test_a_correction_without_if_match_is_refused(bot: Client, meeting: Meeting) -> None:
    (segment,) = line(meeting, "helo")
    assert_problem(patch(bot, f"/segments/{segment.pk}", {"text": "hello"}), 428, "if_match_required")
    for wrong in ('W/"1"', '"1", "2"', "one", '"-1"', ""):
        answer = patch(bot, f"/segments/{segment.pk}", {"text": "hello"}, **{"If-Match": wrong})
        assert_problem(answer, 400, "bad_if_match")


def test_split_merge_undo_retract_and_restore(bot: Client, meeting: Meeting) -> None:
    (segment,) = line(meeting, "one two three four")
    answer = act(bot, segment, "split", {"at": 8})
    assert [each["text"] for each in answer.json()["segments"]] == ["one two", "three four"]
    assert answer.headers["ETag"] == '"2"'
    merged = act(bot, segment, "merge", {"next_id": answer.json()["segments"][1]["id"]}, rev=2).json()
    assert [(each["text"], each["state"]) for each in merged["segments"]] == [
        ("one two three four", "corrected"),
        ("", "retracted"),
    ]
    assert len(act(bot, segment, "undo", {"to_rev": 2}, rev=3).json()["segments"]) == 2
    assert texts(meeting) == [("Ada", "one two"), ("Ada", "three four")]
    act(bot, segment, "retract", {"reason": "off the record"}, rev=4)
    assert texts(meeting) == [("Ada", "three four")]
    restored = act(bot, segment, "restore", rev=5).json()
    assert restored["segments"][0]["text"] == "one two"
    assert restored["correction_id"]
    history = get(bot, f"/segments/{segment.pk}/revisions").json()["data"]
    assert [entry["kind"] for entry in history] == ["recognized", "split", "merged", "undone", "retracted", "restored"]
    assert (history[4]["reason"], history[4]["text"], history[4]["author"]) == ("off the record", "", "bot")


def test_nonsense_is_refused_by_name_and_nothing_changes(bot: Client, meeting: Meeting) -> None:
    (segment,) = line(meeting, "one two")
    assert_problem(act(bot, segment, "split", {"at": 0}), 422, "nothing_to_split")
    assert_problem(act(bot, segment, "split", {}), 422, "validation_failed")
    assert_problem(act(bot, segment, "merge"), 409, "nothing_to_merge")
    assert_problem(act(bot, segment, "undo"), 409, "nothing_to_undo")
    assert_problem(act(bot, segment, "undo", {"to_rev": 5}), 404, "not_found")
    for body in ({"text": ""}, {"text": "a\nb"}, {"participant_id": str(uuid4())}, {"text": 7}, {"reason": "x" * 201}):
        answer = patch(bot, f"/segments/{segment.pk}", body, **{"If-Match": '"1"'})
        assert answer.status_code == 422, body
    assert Segment.objects.get().rev == 1


def test_what_is_still_being_said_has_no_line_yet(bot: Client) -> None:
    answer = patch(bot, f"/segments/{uuid4()}", {"text": "early"}, **{"If-Match": '"1"'})
    problem = assert_problem(answer, 404, "not_found")
    assert "once it is final" in problem["detail"]


def test_only_those_who_may_edit_do(meeting: Meeting) -> None:
    """By an account that takes part, by the code, as a stranger; and as the guest who made it, in that browser only."""
    host = guest()
    of_guest = Meeting.objects.get(pk=made(host)["id"])
    (segment,) = line(of_guest, "helo")
    member = Client()
    member.force_login(user_made("grace"))
    post(member, f"/meetings/{of_guest.code}/participants", {"display_name": "Grace"})
    body, if_match = {"text": "hello"}, {"If-Match": '"1"'}
    assert_problem(patch(member, f"/segments/{segment.pk}", body, **if_match), 403, "forbidden")
    assert_problem(patch(guest(), f"/segments/{segment.pk}", body, **if_match), 404, "not_found")
    for name in ("undo", "split", "merge", "retract", "restore"):
        choice = {"at": 2} if name == "split" else {}
        assert_problem(act(member, segment, name, choice), 403, "forbidden")
        assert_problem(act(guest(), segment, name, choice), 404, "not_found")
    assert get(member, f"/segments/{segment.pk}/revisions").status_code == 200
    assert_problem(get(guest(), f"/segments/{segment.pk}/revisions"), 404, "not_found")
    assert_problem(get(guest(), f"/segments/{segment.pk}"), 404, "not_found")
    assert Segment.objects.get().rev == 1
    assert patch(host, f"/segments/{segment.pk}", body, **if_match).status_code == 200


def test_a_repeated_request_with_its_key_is_carried_out_once(bot: Client, meeting: Meeting) -> None:
    (segment,) = line(meeting, "one two three")
    headers = {"If-Match": '"1"', "Idempotency-Key": "k1"}
    first = post(bot, f"/segments/{segment.pk}/split", {"at": 4}, headers=headers)
    again = post(bot, f"/segments/{segment.pk}/split", {"at": 4}, headers=headers)
    assert again.status_code == 200
    assert again.json() == first.json()
    assert Segment.objects.count() == 2
    other = post(bot, f"/segments/{segment.pk}/split", {"at": 5}, headers=headers)
    assert_problem(other, 422, "idempotency_key_reused")
    body, key = {"text": "1"}, {"If-Match": '"2"', "Idempotency-Key": "k2"}
    for _ in range(2):
        assert patch(bot, f"/segments/{segment.pk}", body, **key).json()["rev"] == 3


def test_a_refused_request_leaves_its_key_free(bot: Client, meeting: Meeting) -> None:
    (segment,) = line(meeting, "helo")
    headers = {"If-Match": '"1"', "Idempotency-Key": "k"}
    segment_correct(segment_id=segment.pk, expected_rev=1, actor="user:9", text="hallo")
    assert patch(bot, f"/segments/{segment.pk}", {"text": "hello"}, **headers).status_code == 412
    assert patch(bot, f"/segments/{segment.pk}", {"text": "hello"}, **{**headers, "If-Match": '"2"'}).status_code == 200


def test_replacing_shows_each_place_then_applies_then_reverts(bot: Client, meeting: Meeting) -> None:
    line(meeting, "Smith met smith today", "Mr Smith")
    ref = f"/meetings/{meeting.pk}/replacements"
    proposal = post(bot, ref, {"find": "smith", "replace": "Smyth", "reason": "her name"})
    assert proposal.status_code == 201
    review = proposal.json()
    assert (review["state"], review["n_hits"], review["n_segments"]) == ("proposed", 3, 0)
    hit = review["hits"][1]
    assert (hit["before"], hit["found"], hit["behind"]) == ("Smith met ", "smith", " today")
    assert hit["replaced"] == "Smith met Smyth today"
    applied = post(bot, f"{ref}/{review['id']}/apply", {"hits": [0, 2]}).json()
    assert (applied["state"], applied["n_segments"], applied["skipped"]) == ("applied", 2, [])
    assert texts(meeting) == [("Ada", "Smyth met smith today"), ("Ada", "Mr Smyth")]
    assert_problem(post(bot, f"{ref}/{review['id']}/apply", {}), 409, "replacement_applied")
    assert all(each["is_stale"] for each in get(bot, f"{ref}/{review['id']}").json()["hits"])
    reverted = post(bot, f"{ref}/{review['id']}/revert").json()
    assert (reverted["state"], reverted["skipped"]) == ("reverted", [])
    assert texts(meeting) == [("Ada", "Smith met smith today"), ("Ada", "Mr Smith")]
    listed = get(bot, ref).json()
    assert [each["id"] for each in listed["data"]] == [review["id"]]
    assert listed["data"][0]["reverted_at"]


def test_replacements_are_for_those_who_may_edit(meeting: Meeting) -> None:
    host, bot = guest(), program()
    mine = made(host)
    member = Client()
    member.force_login(user_made("grace"))
    post(member, f"/meetings/{mine['code']}/participants", {"display_name": "Grace"})
    proposal = post(host, f"/meetings/{mine['id']}/replacements", {"find": "x"}).json()
    for ref in (mine["id"], mine["code"]):
        path = f"/meetings/{ref}/replacements"
        for client, refusals in ((member, (403, "forbidden")), (guest(), None)):
            status, code = refusals or ((403, "forbidden") if ref == mine["code"] else (404, "not_found"))
            assert_problem(post(client, path, {"find": "x"}), status, code)
            assert_problem(get(client, path), status, code)
            assert_problem(get(client, f"{path}/{proposal['id']}"), status, code)
            assert_problem(post(client, f"{path}/{proposal['id']}/apply", {}), status, code)
            assert_problem(post(client, f"{path}/{proposal['id']}/revert"), status, code)
    elsewhere = f"/meetings/{meeting.pk}/replacements/{proposal['id']}"
    assert_problem(get(bot, elsewhere), 404, "not_found")
    assert_problem(post(bot, f"{elsewhere}/apply", {}), 404, "not_found")
    assert_problem(post(bot, f"{elsewhere}/revert"), 404, "not_found")


def test_replacements_are_listed_by_pages_newest_first(bot: Client, meeting: Meeting) -> None:
    ref = f"/meetings/{meeting.pk}/replacements"
    ids = [post(bot, ref, {"find": find}).json()["id"] for find in "abc"]
    first = get(bot, ref, limit=2).json()
    assert ([each["id"] for each in first["data"]], first["has_more"]) == (ids[:0:-1], True)
    rest = get(bot, ref, limit=2, cursor=first["next_cursor"]).json()
    assert ([each["id"] for each in rest["data"]], rest["has_more"], rest["next_cursor"]) == (ids[:1], False, None)


@pytest.mark.parametrize("body", [{}, {"find": ""}, {"find": " "}, {"find": "x" * 201}, {"find": "a\nb"}, {"find": 7}])
def test_nothing_to_find_is_refused(bot: Client, meeting: Meeting, body: object) -> None:
    assert post(bot, f"/meetings/{meeting.pk}/replacements", body).status_code == 422

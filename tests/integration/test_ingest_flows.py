"""What telephone services are answered when a call comes in: exactly what they ask for, and nothing to strangers."""

import json
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.test import Client, override_settings

from meetings.services.ingest_keys import ingest_key_create, ingest_key_revoke
from meetings.services.meetings import meeting_end
from tests.integration.made import host_made, meeting_made

pytestmark = pytest.mark.django_db

CONSENT = ["captions", "transcript"]


@pytest.fixture
def key() -> str:
    host = host_made()
    return ingest_key_create(meeting=meeting_made(actor=host), actor=host, consent=CONSENT).secret


def read_xml(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(content)  # noqa: S314 - our own server's


def teler(key: str, **more: Any) -> Any:
    return Client(enforce_csrf_checks=True).post(f"/ingest/teler/{key}/flow", **more)


def twilio(key: str, form: dict[str, str] | None = None, **more: Any) -> Any:
    return Client(enforce_csrf_checks=True).post(f"/ingest/twilio/{key}/twiml", form or {}, **more)


def test_teler_is_told_to_stream_and_the_answer_is_what_it_asks_for(key: str) -> None:
    asked = {
        "call_id": "c",
        "account_id": "a",
        "from_number": "+15551231234",
        "to_number": "+1",
        "direction": "incoming",
    }
    answer = teler(key, data=json.dumps(asked), content_type="application/json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == {
        "action": "stream",
        "ws_url": f"ws://testserver/ws/v1/ingest/teler/{key}?caller=1234",
        "chunk_size": 500,
        "sample_rate": "16k",
        "record": False,
    }


@pytest.mark.parametrize(
    "asked",
    ["", "{", "[]", '"x"', '{"from_number": 5}', '{"from_number": "anonymous"}', "[" * 100_000],
)
def test_teler_gets_its_answer_whatever_it_says_of_the_caller(key: str, asked: str) -> None:
    answer = teler(key, data=asked, content_type="application/json")
    assert answer.json()["ws_url"] == f"ws://testserver/ws/v1/ingest/teler/{key}"


def test_twilio_is_told_to_connect_the_call_and_to_ask_again_should_the_socket_be_lost(key: str) -> None:
    answer = twilio(key, {"CallSid": "CA1", "From": "+15551231234"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
    response = read_xml(answer.content)
    assert [each.tag for each in response] == ["Connect", "Pause", "Redirect"]
    [stream] = response[0]
    assert (stream.tag, stream.attrib) == ("Stream", {"url": f"ws://testserver/ws/v1/ingest/twilio/{key}"})
    assert [each.attrib for each in stream] == [{"name": "caller", "value": "1234"}]
    assert response[2].text == f"http://testserver/ingest/twilio/{key}/twiml?again=1"


def test_a_call_whose_socket_is_lost_again_and_again_is_hung_up(key: str) -> None:
    for again, tags in (("20", ["Connect", "Pause", "Redirect"]), ("21", ["Hangup"]), ("x", ["Hangup"])):
        answer = Client().post(f"/ingest/twilio/{key}/twiml?again={again}")
        assert [each.tag for each in read_xml(answer.content)] == tags


def test_both_may_ask_by_get(key: str) -> None:
    number = quote("+15551231234")
    flow = Client().get(f"/ingest/teler/{key}/flow?from_number={number}").json()
    assert flow["ws_url"].endswith("?caller=1234")
    twiml = Client().get(f"/ingest/twilio/{key}/twiml?From={number}")
    assert read_xml(twiml.content)[0][0][0].attrib["value"] == "1234"


def test_behind_a_proxy_the_addresses_are_secure_and_under_its_name(key: str) -> None:
    proxied = {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"), "ALLOWED_HOSTS": ["meet.example"]}
    with override_settings(**proxied):
        client = Client(headers={"host": "meet.example", "x-forwarded-proto": "https"})
        flow = client.post(f"/ingest/teler/{key}/flow").json()
        twiml = read_xml(client.post(f"/ingest/twilio/{key}/twiml").content)
    assert flow["ws_url"] == f"wss://meet.example/ws/v1/ingest/teler/{key}"
    assert twiml[0][0].attrib["url"] == f"wss://meet.example/ws/v1/ingest/twilio/{key}"
    assert twiml[2].text == f"https://meet.example/ingest/twilio/{key}/twiml?again=1"


@pytest.mark.parametrize("path", ["teler/{key}/flow", "twilio/{key}/twiml"])
def test_unknown_and_revoked_keys_are_answered_alike(path: str) -> None:
    host = host_made()
    made = ingest_key_create(meeting=meeting_made(actor=host), actor=host, consent=CONSENT)
    ingest_key_revoke(key=made.row, actor=host)
    answers = [Client().post("/ingest/" + path.format(key=key)) for key in (made.secret, "clqi_made-up")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_calls_to_a_meeting_that_has_ended_are_hung_up() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    key = ingest_key_create(meeting=meeting, actor=host, consent=CONSENT).secret
    meeting_end(meeting=meeting, actor=host)
    assert teler(key).json() == {"action": "hangup"}
    assert [each.tag for each in read_xml(twilio(key).content)] == ["Hangup"]


@pytest.mark.parametrize("path", ["teler/{key}/flow", "twilio/{key}/twiml"])
def test_one_address_may_ask_only_so_often(key: str, path: str) -> None:
    cache.clear()
    address = "/ingest/" + path.format(key=key)
    with override_settings(JOINS_PER_MINUTE=2):
        answers = [Client().post(address) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    cache.clear()


def test_other_methods_are_refused(key: str) -> None:
    assert Client().put(f"/ingest/teler/{key}/flow").status_code == 405

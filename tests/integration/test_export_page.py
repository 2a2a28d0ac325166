"""The download menu of the transcript page: what it offers to whom, and as what."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from meetings import export_menu
from meetings.models import Meeting
from tests.integration.made import commit, host_made, meeting_made, opened, speech

pytestmark = pytest.mark.django_db(transaction=True)


class _Buttons(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "button" and names.get("data-format"):
            self.found[str(names["data-format"])] = names


@pytest.fixture
def meeting() -> Meeting:
    found = meeting_made(actor=host_made())
    commit(opened(found).owner, speech(0, 16_000, text="One."), speech(16_000, 32_000, text="Two."))
    return found


def buttons(client: Client, meeting: Meeting) -> dict[str, dict[str, str | None]]:
    answer = client.get(f"/m/{meeting.code}/transcript/")
    assert answer.status_code == 200
    reader = _Buttons()
    reader.feed(answer.content.decode())
    return reader.found


def test_each_button_leads_to_its_file(client: Client, meeting: Meeting) -> None:
    found = buttons(client, meeting)
    assert set(found) == {"pdf", "docx", "txt", "md", "csv", "vtt", "srt", "ttml", "json"}
    for name, button in found.items():
        assert "data-job" not in button
        answer = client.get(str(button["formaction"]), {"download": "1", "names": "0"})
        assert answer.status_code == 200, name
        assert re.search(rf"\.{name}\"$", answer.headers["Content-Disposition"])


def test_the_archive_is_offered_to_the_host_only(client: Client, meeting: Meeting) -> None:
    assert "zip" not in buttons(client, meeting)
    assert meeting.host is not None
    client.force_login(meeting.host)
    assert "data-job" in buttons(client, meeting)["zip"]


def test_what_takes_long_is_asked_for_as_a_job(
    client: Client, meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_menu, "MOST_LINES_AT_ONCE", 1)
    found = buttons(client, meeting)
    assert {name for name, button in found.items() if "data-job" in button} == {"pdf", "docx"}

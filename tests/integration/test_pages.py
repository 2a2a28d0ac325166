"""The server-rendered pages, without a browser."""

import html
import json
import re
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from meetings.models import Meeting
from meetings.services.meetings import meeting_end
from meetings.services.sessions import session_commit
from tests.integration.made import commit, gap, host_made, meeting_made, opened, silence, speech, user_made

pytestmark = pytest.mark.django_db(transaction=True)


class _Inline(HTMLParser):
    """Collects what a content security policy without 'unsafe-inline' would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or "style" in names or any(name.startswith("on") for name in names):
            self.found.append(self.get_starttag_text() or tag)
        if tag == "script" and "src" not in names and names.get("type") != "application/json":
            self.found.append(tag)


def text_of(client: Client, path: str, *, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def new_meeting(client: Client, **fields: str) -> Meeting:
    response = client.post("/", {"title": "Board", "language": "en", **fields})
    assert response.status_code == 302
    return Meeting.objects.get(code=response["Location"].split("/")[2])


def test_whoever_makes_a_meeting_as_a_guest_hosts_it_in_this_browser_only(client: Client) -> None:
    meeting = new_meeting(client)
    page = reverse("meetings:meeting", args=[meeting.code])
    assert "End for all" in text_of(client, page)
    assert '"role": "host"' in text_of(client, page)
    assert "End for all" not in text_of(Client(), page)


def test_a_new_meeting_needs_a_title(client: Client) -> None:
    response = client.post("/", {"title": " ", "language": "en"})
    assert response.status_code == 422
    assert "This field is required" in response.content.decode()
    assert not Meeting.objects.exists()


def test_only_languages_that_the_speech_model_knows_are_offered_and_taken(client: Client, settings: Settings) -> None:
    settings.SPEECH_LANGUAGES = ("en",)
    assert re.findall(r'<option value="(\w+)"', text_of(client, "/")) == ["en"]
    response = client.post("/", {"title": "Board", "language": "de"})
    assert response.status_code == 422
    assert "speech model does not know this language" in response.content.decode()
    assert not Meeting.objects.exists()
    settings.SPEECH_LANGUAGES = ("*",)
    assert new_meeting(client, language="de").language == "de"


def test_every_language_of_the_default_models_is_offered_by_its_own_name_and_english_is_chosen(client: Client) -> None:
    page = text_of(client, "/")
    assert '<option value="en" selected>English</option>' in page
    assert '<option value="de">Deutsch</option>' in page
    assert '<option value="ja">日本語</option>' in page


def test_terms_of_the_vocabulary_stand_between_commas_or_on_lines(client: Client) -> None:
    meeting = new_meeting(client, vocabulary="Kubernetes, Dvořák,\r\nProject Apollo,,")
    assert meeting.vocabulary == ["Kubernetes", "Dvořák", "Project Apollo"]
    response = client.post("/", {"title": "Board", "language": "en", "vocabulary": "x" * 101})
    assert response.status_code == 422
    assert "must not be longer than 100 characters" in response.content.decode()


def test_the_meeting_page_offers_languages_and_the_meetings_own_is_chosen(client: Client) -> None:
    meeting = new_meeting(client, language="de")
    page = text_of(client, f"/m/{meeting.code}/")
    assert len(re.findall(r'<option value="de"\s+lang="de"\s+selected>Deutsch</option>', page)) == 2
    Meeting.objects.update(language="de-AT")
    assert "Deutsch (AT)" in text_of(client, f"/m/{meeting.code}/")


def test_who_is_logged_in_finds_their_name_filled_in(client: Client) -> None:
    path = reverse("meetings:meeting", args=[meeting_made().code])
    assert 'name="display_name" value="" ' in " ".join(text_of(client, path).split())
    user = user_made("ada")
    user.first_name, user.last_name = "Ada", '"Countess" Lovelace'
    user.save()
    client.force_login(user)
    assert 'value="Ada &quot;Countess&quot; Lovelace"' in text_of(client, path)


def test_where_guests_make_no_meetings_the_start_page_says_so(client: Client, settings: Settings) -> None:
    settings.GUEST_MEETINGS = False
    assert "Log in" in text_of(client, "/")
    assert client.post("/", {"title": "Board", "language": "en"}).status_code == 403
    client.force_login(host_made().user)  # type: ignore[arg-type]  # hosts have accounts
    assert new_meeting(client).host is not None


def test_forms_are_protected_against_other_sites() -> None:
    response = Client(enforce_csrf_checks=True).post("/", {"title": "Board", "language": "en"})
    assert response.status_code == 403
    assert "too old" in response.content.decode()


@pytest.mark.parametrize("form", ["{code}", " {upper} ", "{blanks}", "https://example.org/m/{code}/transcript/"])
def test_a_code_is_understood_however_it_is_given(client: Client, form: str) -> None:
    code = meeting_made().code
    typed = form.format(code=code, upper=code.upper(), blanks=code.replace("-", " "))
    response = client.get("/join/", {"code": typed})
    assert response["Location"] == f"/m/{code}/"


def test_an_unknown_code_is_told_where_it_was_typed(client: Client) -> None:
    unknown = client.get("/join/", {"code": "bado-bado-bado-bado"})
    assert unknown.status_code == 404
    assert "No meeting has this code" in unknown.content.decode()
    nonsense = client.get("/join/", {"code": "<script>"})
    assert nonsense.status_code == 422
    assert "<script>" not in nonsense.content.decode()


def test_an_address_with_another_spelling_of_the_code_leads_to_the_meeting(client: Client) -> None:
    code = meeting_made().code
    assert client.get(f"/m/{code.upper()}/")["Location"] == f"/m/{code}/"
    assert client.get(f"/m/{code.upper()}/transcript/")["Location"] == f"/m/{code}/transcript/"


def test_a_meeting_is_found_by_its_code_only(client: Client) -> None:
    meeting = meeting_made()
    assert "nothing here" in text_of(client, f"/m/{meeting.pk}/", status=404)
    text_of(client, f"/m/{meeting.pk}/transcript/", status=404)
    assert "tamo-rivu-keso-bani" in text_of(client, "/m/bado-bado-bado-bado/", status=404)


def test_an_ended_meeting_offers_its_transcript_instead_of_joining(client: Client) -> None:
    host = host_made()
    meeting = meeting_end(meeting=meeting_made(actor=host), actor=host)
    page = text_of(client, f"/m/{meeting.code}/")
    assert "This meeting has ended" in page
    assert "join-form" not in page


def test_the_transcript_shows_lines_in_order_with_speaker_and_time(client: Client) -> None:
    meeting = meeting_made(title="<b>Board</b>")
    ada = opened(meeting, display_name="Ada <i>")
    first, second = speech(0, 32_000, text="one <b>two</b>"), speech(32_000, 64_000, text="three")
    session_commit(owner=ada.owner, settled_from=0, received=64_000, spans=[first, second])
    page = text_of(client, f"/m/{meeting.code}/transcript/")
    assert re.findall(r'class="line-text"[^>]*>([^<]*)<', page) == ["one &lt;b&gt;two&lt;/b&gt;", "three"]
    assert page.count("is-continued") == 1, "the same turn: named once"
    assert "Ada &lt;i&gt;" in page
    assert "0:02" in page
    for suffix in ("txt", "vtt", "srt", "json"):
        link = f"/api/v1/meetings/{meeting.code}/transcript.{suffix}"
        assert link in page
        assert client.get(link).status_code == 200


def test_lost_audio_is_a_line_of_the_transcript_in_its_place(client: Client) -> None:
    meeting = meeting_made()
    ada = opened(meeting, display_name="Ada <i>")
    commit(ada.owner, speech(0, 16_000, text="one"), gap(144_000), speech(144_000, 160_000, text="two"))
    page = text_of(client, f"/m/{meeting.code}/transcript/")
    said = [html.unescape(text) for text in re.findall(r'class="line-text"[^>]*>([^<]*)<', page)]
    assert said == ["one", "[8.0 s of Ada <i>'s audio lost: device disconnected]", "two"]
    assert page.count("is-gap") == 1
    assert page.count("line-speaker") == 2, "whoever goes on after a loss is named anew"
    assert "is-continued" not in page


def account_on(client: Client, meeting: Meeting) -> list[str]:
    page = text_of(client, f"/m/{meeting.code}/transcript/")
    found = re.search(r'<section class="account".*?</section>', page, re.DOTALL)
    return [html.unescape(text) for text in re.findall(r"<(?:p|li)>([^<]*)<", found[0])] if found else []


def test_the_host_learns_what_is_missing_and_why_and_nobody_else_does(client: Client) -> None:
    meeting = new_meeting(client)
    assert account_on(client, meeting) == []
    ada, bob = opened(meeting), opened(meeting, display_name="Bob")
    commit(ada.owner, speech(0, 16_000), silence(20_000))
    assert account_on(client, meeting) == ["All speech accounted for"]
    commit(ada.owner, gap(36_000), settled_from=20_000, received=68_000)
    commit(bob.owner, gap(8_000, reason="unexplained"), silence(9_000), gap(17_000, reason="not_sent"))
    assert account_on(client, meeting) == [
        "1.0 s of Ada's audio was lost: device disconnected.",
        "1.0 s of Bob's audio was lost: not received.",
        "2.0 s of Ada's audio is still on its way: kept on the device or being transcribed.",
    ]
    assert account_on(Client(), meeting) == []


def test_no_page_has_inline_scripts_or_styles(client: Client) -> None:
    meeting = new_meeting(client)
    for path, status in (
        ("/", 200), (f"/m/{meeting.code}/", 200), (f"/m/{meeting.code}/transcript/", 200), ("/m/none/", 404),
        (f"/m/{meeting.code}/sharing/", 200), ("/account/password/reset/", 200), ("/account/password/reset/sent/", 200),
    ):  # fmt: skip
        parser = _Inline()
        parser.feed(text_of(client, path, status=status))
        assert parser.found == []


def test_only_who_may_correct_gets_the_means_to_and_all_follow_the_log_from_where_they_loaded(client: Client) -> None:
    meeting = new_meeting(client)
    commit(opened(meeting).owner, speech(0, 16_000, text="helo"))
    mine, others = (text_of(each, f"/m/{meeting.code}/transcript/") for each in (client, Client()))
    for page, may_edit in ((mine, True), (others, False)):
        data = json.loads(re.findall(r'<script id="page-data" type="application/json">(.*?)</script>', page)[0])
        assert (data["may_edit"], data["as_of_seq"]) == (may_edit, Meeting.objects.get().last_seq)
        assert [speaker["name"] for speaker in data["speakers"]] == ["Ada"]
        assert ("replace-dialog" in page) is may_edit
        assert re.search(r'data-rev="1"\s+data-state="final"', page)

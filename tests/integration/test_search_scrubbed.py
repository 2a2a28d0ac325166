"""No byte of what was redacted or purged is left in the files of an SQLite database, the search index's included."""

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from config.celery import app
from meetings.models import Segment
from meetings.search import sqlite_index
from meetings.search.index import index_scrub
from meetings.services.redaction import segment_redact
from meetings.services.segments import segment_restore, segment_retract
from meetings.tasks import search_index_scrub
from tests.integration.searched import found, said
from tests.nodes import database_make, manage, node_environment

only_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="about SQLite's files")
pytestmark = [pytest.mark.django_db, only_sqlite]

WORDS = ("quetzalcoatl", "wolframite", "xanthophyll")  # redacted, purged, kept
# Few: a log that has grown long is begun anew, over what stood in it.
MADE = """
from tests.integration.made import commit, meeting_made, opened, speech
for number in range(6):
    meeting = meeting_made()
    word = %r[min(number, 2)]
    commit(opened(meeting).owner, speech(0, 16_000, text=f"The {word} and the budget {number}."), received=16_000)
"""
GONE = """
from meetings.models import Meeting, Segment
from meetings.services.redaction import segment_redact
segment_redact(segment_id=Segment.objects.get(text__contains=%r).pk, actor="user:1")
Meeting.objects.get(segments__text__contains=%r).delete()
"""
SCRUBBED = """
from meetings.tasks import search_index_scrub
assert [search_index_scrub(), search_index_scrub()] == [True, False]
"""


@pytest.fixture(autouse=True)
def nothing_is_due(db: None) -> None:
    """Tests that commit have deleted lines before."""
    index_scrub(connection)
    assert not index_scrub(connection)


def bytes_of(database: Path) -> bytes:
    """Of all its files, in small letters, as the index has them. Read by another process: locks of a process on a file
    are gone as soon as it closes that file once."""
    files = sorted(database.parent.glob(f"{database.name}*"))
    return subprocess.run(["cat", *files], stdout=subprocess.PIPE, check=True).stdout.lower()


def test_no_file_of_the_database_holds_a_word_of_what_was_deleted(tmp_path: Path) -> None:
    """With the settings of an installation, whose connections overwrite what they free, and while others are connected.

    Looked for without their first letters: an index stores of a word only what is not in the one before it.
    """
    environment = node_environment(data_dir=tmp_path, models=tmp_path)
    database_make(environment)
    database = tmp_path / "colloquy.sqlite3"
    tails = [word[2:].encode() for word in WORDS]

    def run(script: str) -> list[bool]:
        manage("shell", "--verbosity", "0", "-c", script, environment=environment)
        held = bytes_of(database)
        return [tail in held for tail in tails]

    with closing(sqlite3.connect(database)) as other:  # else the last one to go tidies up
        other.execute("SELECT count(*) FROM meetings_meeting").fetchall()
        assert run(MADE % (WORDS,)) == [True, True, True]
        assert run(GONE % WORDS[:2]) == [True, True, True], "then this test could not fail"
        assert run(SCRUBBED) == [False, False, True]


def is_due() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT n_gone > n_scrubbed FROM meetings_searchdue")
        return bool(cursor.fetchone()[0])


def test_what_is_deleted_for_good_makes_it_due_once() -> None:
    first, second = said("The annual budget.", "The other budget.")
    assert not index_scrub(connection)
    segment_redact(segment_id=first.pk, actor="user:1")
    assert search_index_scrub()
    assert not search_index_scrub()
    second.events.all().delete()
    second.delete()
    assert index_scrub(connection)
    assert not is_due()


def test_what_may_come_back_or_was_never_indexed_costs_nothing() -> None:
    (segment,) = said("The annual budget.")
    segment_retract(segment_id=segment.pk, actor="user:1", reason="bleed")
    segment_restore(segment_id=segment.pk, actor="user:1")
    Segment.objects.filter(pk=segment.pk).update(text="The annual budgets.")
    assert not is_due()
    assert found("budgets") == ["The annual budgets."]


def test_a_line_that_was_taken_out_before_it_was_redacted_is_scrubbed_too() -> None:
    (segment,) = said("The annual budget.")
    segment_retract(segment_id=segment.pk, actor="user:1", reason="a mistake")
    assert not is_due()
    Segment.objects.filter(pk=segment.pk).update(text="")
    assert is_due()


def test_what_goes_while_the_index_is_scrubbed_is_scrubbed_next(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = said("The annual budget.", "The other budget.")
    segment_redact(segment_id=first.pk, actor="user:1")
    compact = sqlite_index.index_compact

    def meanwhile(*arguments: object) -> None:
        compact(connection)
        segment_redact(segment_id=second.pk, actor="user:1")

    monkeypatch.setattr(sqlite_index, "index_compact", meanwhile)
    assert index_scrub(connection)
    monkeypatch.undo()
    assert is_due()
    assert index_scrub(connection)
    assert not is_due()


def test_a_worker_looks_every_minute() -> None:
    (entry,) = [each for each in app.conf.beat_schedule.values() if each["task"] == search_index_scrub.name]
    assert entry["schedule"] <= 60

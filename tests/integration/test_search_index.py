"""The index knows what stands and nothing else, after every kind of change, by whomever it is made."""

from importlib import import_module
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, models, transaction

from meetings.models import Meeting, SearchLine, Segment, SegmentRevision
from meetings.search.index import index_compact, index_ensure, index_rebuild
from meetings.search.sqlite_index import REACH, index_is_installed
from meetings.services.segments import segment_restore, segment_retract
from tests.integration.made import meeting_made
from tests.integration.searched import found, indexed, said

pytestmark = pytest.mark.django_db
only_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="about SQLite's index")


def assert_index_is_whole() -> None:
    """Each line that stands once, with its own words, and FTS5 agrees with the lines."""
    stands = Segment.objects.filter(state__in=("final", "corrected")).exclude(text="")
    assert set(SearchLine.objects.values_list("segment_id", flat=True)) == set(stands.values_list("pk", flat=True))
    assert SearchLine.objects.exclude(meeting=models.F("segment__meeting")).count() == 0
    assert SearchLine.objects.exclude(participant=models.F("segment__participant")).count() == 0
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # raises when the two differ
            cursor.execute(
                "INSERT INTO meetings_searchindex (meetings_searchindex, rank) VALUES ('integrity-check', 1)"
            )


def test_what_is_committed_is_found_at_once() -> None:
    said("The annual budget was approved.")
    assert found("budget") == ["The annual budget was approved."]
    assert_index_is_whole()


def test_a_corrected_line_is_found_by_its_new_words_alone() -> None:
    (segment,) = said("The annual budged was approved.")
    SegmentRevision.objects.create(
        segment=segment, rev=1, state="final", text=segment.text, language="en", confidence=0.9, engine="test",
        actor="user:1", at=segment.created_at,
    )  # fmt: skip
    Segment.objects.filter(pk=segment.pk).update(text="The annual budget was approved.", state="corrected", rev=2)
    assert (indexed("budged"), indexed("budget")) == (0, 1)
    assert found("budget") == ["The annual budget was approved."]
    assert_index_is_whole()


def test_a_retracted_line_is_out_of_the_index_until_it_is_restored() -> None:
    (segment,) = said("The annual budget was approved.")
    segment_retract(segment_id=segment.pk, actor="user:1", reason="bleed")
    assert (found("budget"), indexed("budget")) == ([], 0)
    assert_index_is_whole()
    segment_restore(segment_id=segment.pk, actor="user:1")
    assert (len(found("budget")), indexed("budget")) == (1, 1)
    assert_index_is_whole()


@pytest.mark.parametrize("changes", [{"state": "redacted"}, {"state": "redacted", "text": ""}, {"text": ""}])
def test_a_redacted_or_emptied_line_leaves_nothing_in_the_index(changes: dict[str, str]) -> None:
    (segment,) = said("The patient has a name.")
    Segment.objects.filter(pk=segment.pk).update(**changes)
    assert (found("patient"), indexed("patient")) == ([], 0)
    assert_index_is_whole()


def test_a_line_that_was_stored_retracted_is_never_in_it() -> None:
    (segment,) = said("one")
    Segment.objects.create(
        meeting=segment.meeting, participant=segment.participant, audio_session=segment.audio_session, rev=1,
        state="retracted", start=90_000, end=91_000, start_ms=1, end_ms=2, text="twice said", language="en",
        confidence=0.5, engine="test",
    )  # fmt: skip
    assert indexed("twice") == 0
    assert_index_is_whole()


def test_a_line_that_is_given_to_somebody_else_is_found_as_theirs() -> None:
    meeting = meeting_made()
    (segment,) = said("The annual budget.", meeting=meeting, display_name="Ada")
    (other,) = said("Something else.", meeting=meeting, display_name="Bob")
    Segment.objects.filter(pk=segment.pk).update(participant=other.participant)
    assert (found("budget", speakers=("Ada",)), len(found("budget", speakers=("Bob",)))) == ([], 1)
    assert_index_is_whole()


def test_what_is_deleted_is_gone() -> None:
    first, second = said("The annual budget.", "The other budget.")
    first.delete()
    assert (indexed("annual"), indexed("other")) == (0, 1)
    second.events.all().delete()
    Segment.objects.filter(pk=second.pk)._raw_delete("default")  # no Python in between
    assert indexed("budget") == 0
    assert_index_is_whole()


def test_a_deleted_meeting_takes_its_lines_along_and_no_others() -> None:
    gone, stays = meeting_made(), meeting_made()
    said("The gone budget.", meeting=gone)
    said("The kept budget.", meeting=stays)
    gone.delete()
    assert (indexed("gone"), indexed("kept"), indexed("budget")) == (0, 1, 1)
    assert_index_is_whole()
    connection.check_constraints()


def test_a_deleted_participant_takes_their_lines_along() -> None:
    meeting = meeting_made()
    (segment,) = said("The gone budget.", meeting=meeting, display_name="Ada")
    said("The kept budget.", meeting=meeting, display_name="Bob")
    segment.participant.delete()
    assert (indexed("gone"), indexed("kept")) == (0, 1)
    assert_index_is_whole()


def test_what_is_undone_is_undone_in_the_index_too() -> None:
    (segment,) = said("The annual budget.")
    with transaction.atomic():
        Segment.objects.filter(pk=segment.pk).update(text="Nothing.")
        assert indexed("budget") == 0
        transaction.set_rollback(True)
    assert (indexed("budget"), indexed("nothing")) == (1, 0)
    assert_index_is_whole()


def test_a_rebuilt_index_finds_what_it_found_before() -> None:
    said("The annual budget.", "会議は10時です")
    (retracted,) = said("A retracted budget.")
    segment_retract(segment_id=retracted.pk, actor="user:1", reason="bleed")
    index_rebuild(connection)
    assert (found("budget"), found("会議")) == (["The annual budget."], ["会議は10時です"])
    said("Another budget.")
    assert len(found("budget")) == 2
    assert_index_is_whole()


@only_sqlite
def test_triggers_that_a_migration_dropped_are_put_back_with_what_was_missed() -> None:
    (segment,) = said("The annual budget.")
    assert not index_ensure(connection)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER meetings_search_changed")
    Segment.objects.filter(pk=segment.pk).update(text="Another thing.")
    assert indexed("budget") == 1
    assert index_ensure(connection)
    assert (indexed("budget"), indexed("thing")) == (0, 1)
    assert_index_is_whole()


@only_sqlite
def test_a_part_of_the_index_that_is_missing_is_put_back() -> None:
    said("The annual budget.")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {REACH}")
    assert index_ensure(connection)
    assert not index_ensure(connection)
    assert found("budget", language="en") == ["The annual budget."]
    assert_index_is_whole()


@only_sqlite
@pytest.mark.django_db(transaction=True)
def test_what_the_migration_adds_is_what_the_index_asks_for() -> None:
    """So that an upgrade adds it, instead of making the whole index anew."""
    migration = import_module("meetings.migrations.0020_search_reach")
    said("The annual budget.")
    try:
        with connection.schema_editor() as editor:
            migration.remove(None, editor)
        assert not index_is_installed(connection)
        with connection.schema_editor() as editor:
            migration.make(None, editor)
        assert index_is_installed(connection)
        assert found("budget", language="en") == ["The annual budget."]
    finally:
        index_ensure(connection)


@only_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_migration_may_remake_the_table_of_segments() -> None:
    (segment,) = said("The annual budget.")
    try:
        with connection.schema_editor() as editor:
            editor._remake_table(Segment)  # type: ignore[attr-defined]  # what most changes of a model become
        Segment.objects.filter(pk=segment.pk).update(text="Another thing.")
        assert indexed("budget") == 1, "SQLite has dropped the triggers"
        call_command("migrate", verbosity=0)
        assert (indexed("budget"), indexed("thing")) == (0, 1)
        assert_index_is_whole()
    finally:
        index_ensure(connection)


def test_the_index_is_made_anew_and_compacted_by_command() -> None:
    said("The annual budget.")
    for arguments in ([], ["--compact"]):
        output = StringIO()
        call_command("search_index", *arguments, stdout=output)
        assert output.getvalue() == "1 lines are indexed.\n"
    assert_index_is_whole()


@only_sqlite
def test_what_an_index_still_knows_by_mistake_is_not_shown() -> None:
    (segment,) = said("The annual budget.")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER meetings_search_withdrawn")
    Segment.objects.filter(pk=segment.pk).update(state="redacted")
    assert (indexed("budget"), found("budget")) == (1, [])


@only_sqlite
def test_a_compacted_index_holds_no_word_of_what_was_deleted() -> None:
    meeting = meeting_made()
    said(*(f"The zanzibar budget number {number}." for number in range(20)), meeting=meeting)
    said("The kept budget.")
    meeting.delete()
    index_compact(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT block FROM meetings_searchindex_data")
        blocks = b"".join(bytes(block) for (block,) in cursor.fetchall())
    assert b"kept" in blocks
    assert b"anzibar" not in blocks
    assert Meeting.objects.count() == 1
    assert_index_is_whole()

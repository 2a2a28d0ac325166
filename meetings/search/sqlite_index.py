"""The index on SQLite: an FTS5 table over the lines, kept in step by triggers.

SQLite drops a table's triggers when a migration remakes the table (most changes of `Segment`); `index_ensure` puts them
back after each `migrate`. A migration that remakes `meetings_searchline` has to call `index_remove` first.
"""

from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper

from meetings.search.words import UNSPACED

SEGMENT: Final = "meetings_segment"
LINE: Final = "meetings_searchline"
INDEX: Final = "meetings_searchindex"
DUE: Final = "meetings_searchdue"
REACH: Final = "meetings_searchline_reach"

_UNSPACED_GLOB = "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in UNSPACED) + "]"
# As in words.py. Marks are part of words; accents go from Latin letters only.
_TOKENIZER = "unicode61 remove_diacritics 2 categories 'L* N* Co M*'"


def _spaced(text: str) -> str:
    """Spaces around the characters of scripts that have none between words; other text costs one look."""
    first = "substr(rest, 1, 1)"
    return (
        f"CASE WHEN {text} NOT GLOB '*{_UNSPACED_GLOB}*' THEN {text} ELSE ("
        f"WITH RECURSIVE piece(rest, done) AS (SELECT {text}, '' UNION ALL SELECT substr(rest, 2), done || "
        f"CASE WHEN {first} GLOB '{_UNSPACED_GLOB}' THEN ' ' || {first} || ' ' ELSE {first} END "
        f"FROM piece WHERE rest <> '') SELECT done FROM piece WHERE rest = '') END"
    )


def _line(segment: str) -> str:
    columns = ", ".join(f"{segment}.{name}" for name in ("id", "meeting_id", "participant_id", "language"))
    return f"{columns}, {_spaced(f'{segment}.text')}"


def _stands(segment: str) -> str:
    return f"({segment}.state IN ('final', 'corrected') AND {segment}.is_kept AND {segment}.text <> '')"


_LINE_COLUMNS = f"INSERT INTO {LINE} (segment_id, meeting_id, participant_id, language, text)"
_UPSERT = (
    f"{_LINE_COLUMNS} VALUES ({_line('NEW')}) ON CONFLICT (segment_id) DO UPDATE SET meeting_id = excluded.meeting_id, "
    "participant_id = excluded.participant_id, language = excluded.language, text = excluded.text"
)
_INTO_INDEX = f"INSERT INTO {INDEX} (rowid, text, meeting_id) VALUES (NEW.id, NEW.text, NEW.meeting_id)"
_OUT_OF_INDEX = (
    f"INSERT INTO {INDEX} ({INDEX}, rowid, text, meeting_id) VALUES ('delete', OLD.id, OLD.text, OLD.meeting_id)"
)
# FTS5 only notes that a line is gone; its words stay in the index's pages until these are rewritten. Counted is what is
# to be gone for good: redacted, purged, deleted. A line that was taken out with its text may come back, and does not.
_DUE_IF = f"UPDATE {DUE} SET n_gone = n_gone + 1 WHERE"
_CHANGED = f"AFTER UPDATE OF state, is_kept, text, language, meeting_id, participant_id ON {SEGMENT}"

TRIGGERS: Final = {
    name: f"CREATE TRIGGER {name} {when} BEGIN {does}; END"
    for name, when, does in (
        ("meetings_search_said", f"AFTER INSERT ON {SEGMENT} WHEN {_stands('NEW')}", _UPSERT),
        ("meetings_search_changed", f"{_CHANGED} WHEN {_stands('NEW')}", _UPSERT),
        (
            "meetings_search_withdrawn",
            f"{_CHANGED} WHEN NOT {_stands('NEW')}",
            f"DELETE FROM {LINE} WHERE segment_id = OLD.id; "
            f"{_DUE_IF} OLD.is_kept AND OLD.text <> '' AND (NEW.text = '' OR NEW.state = 'redacted')",
        ),
        (
            "meetings_search_deleted",
            f"AFTER DELETE ON {SEGMENT}",
            f"DELETE FROM {LINE} WHERE segment_id = OLD.id; {_DUE_IF} OLD.is_kept AND OLD.text <> ''",
        ),
        ("meetings_searchline_made", f"AFTER INSERT ON {LINE}", _INTO_INDEX),
        ("meetings_searchline_gone", f"AFTER DELETE ON {LINE}", _OUT_OF_INDEX),
        (
            "meetings_searchline_changed",
            f"AFTER UPDATE OF text, meeting_id ON {LINE}",
            f"{_OUT_OF_INDEX}; {_INTO_INDEX}",
        ),
    )
}
# `meeting_id` is indexed like a word: so a common word in few meetings is found without looking at all the others.
_TABLE = (
    f"CREATE VIRTUAL TABLE {INDEX} USING fts5(text, meeting_id, content='{LINE}', content_rowid='id', "
    f"prefix='2 3', tokenize=\"{_TOKENIZER}\")"
)
_DUE_TABLE = f"CREATE TABLE {DUE} (n_gone integer NOT NULL, n_scrubbed integer NOT NULL)"
# What decides who may find a line: a search that ranks thousands reads this instead of the lines with their texts.
_REACH: Final = f"CREATE INDEX {REACH} ON {LINE} (id, meeting_id, participant_id, language)"


def index_install(connection: BaseDatabaseWrapper) -> None:
    """Makes the index of all that stands."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {LINE}")
        cursor.execute(
            f"{_LINE_COLUMNS} SELECT {_line('said')} FROM {SEGMENT} AS said WHERE {_stands('said')} "
            "ORDER BY said.created_at, said.start_ms"
        )
        cursor.execute(_REACH)
        cursor.execute(_TABLE)
        cursor.execute(f"INSERT INTO {INDEX} ({INDEX}) VALUES ('rebuild')")
        cursor.execute(_DUE_TABLE)
        cursor.execute(f"INSERT INTO {DUE} VALUES (0, 0)")
        for statement in TRIGGERS.values():
            cursor.execute(statement)


def index_remove(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for name in TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        for table in (INDEX, DUE):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
        cursor.execute(f"DROP INDEX IF EXISTS {REACH}")


def index_is_installed(connection: BaseDatabaseWrapper) -> bool:
    """Whole, and as this version of the program makes it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' OR name IN (%s, %s, %s)", [INDEX, DUE, REACH]
        )
        found = dict(cursor.fetchall())
    made = {**TRIGGERS, INDEX: _TABLE, DUE: _DUE_TABLE, REACH: _REACH}
    return all(found.get(name) == statement for name, statement in made.items())


def index_scrub(connection: BaseDatabaseWrapper) -> bool:
    """Compacts the index if something was deleted for good since; whether it was.

    Not FTS5's own `secure-delete`, which does so line by line: SQLite before 3.42 does not know it, and could not even
    read an index that was written with it.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT n_gone FROM {DUE} WHERE n_gone > n_scrubbed")
        due = cursor.fetchone()
        if due is None:
            return False
        index_compact(connection)
        # Not what went while it was compacted.
        cursor.execute(f"UPDATE {DUE} SET n_scrubbed = max(n_scrubbed, %s)", due)
    return True


def index_compact(connection: BaseDatabaseWrapper, *, n_pages: int = 500) -> None:
    """Rewrites the index bit by bit, so that no word of a deleted line is left in its pages.

    Each step is a transaction of its own, between which others write.
    """
    with connection.cursor() as cursor:
        step, before = -n_pages, -1
        while True:
            cursor.execute(f"INSERT INTO {INDEX} ({INDEX}, rank) VALUES ('merge', %s)", [step])
            cursor.execute("SELECT total_changes()")
            after = cursor.fetchone()[0]
            if step > 0 and after - before < 2:  # FTS5 says so: nothing was left to do
                return
            step, before = n_pages, after

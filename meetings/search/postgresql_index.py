"""The index on PostgreSQL: a column of words beside each line, with a GIN index, written by triggers.

Words stand in it twice: as they are (weight A), and where the language is known and has a stemmer, as stems (weight B).
"""

from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper

from meetings.search.words import UNSPACED

SEGMENT: Final = "meetings_segment"
LINE: Final = "meetings_searchline"
WORDS_FUNCTION: Final = "meetings_search_words"
STEMMERS: Final = {
    **{"ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english"},
    **{"es": "spanish", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi"},
    **{"hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian"},
    **{"ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian"},
    **{"ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish"},
}
_UNSPACED = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in UNSPACED)
# ASCII, Latin-1, general and CJK punctuation, symbols, emoji: whether the parser knows them depends on the locale.
_SIGNS = (
    r"\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7"
    r"\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\u30fb\ufe30-\ufe4f\uff01-\uff0f\uff1a-\uff20"
    r"\uff3b-\uff40\uff5b-\uff65\U0001f000-\U0001faff"
)


def index_install(connection: BaseDatabaseWrapper) -> None:
    """Makes the index of all that stands."""
    with connection.cursor() as cursor:
        for statement in _functions(lowered=_lowered(connection), stemmers=stemmers_known(connection)):
            cursor.execute(statement)
        cursor.execute(f"DELETE FROM {LINE}")
        cursor.execute(f"ALTER TABLE {LINE} ADD COLUMN vector tsvector")
        # Before the rows: their deferred checks would stand in its way.
        cursor.execute(f"CREATE INDEX meetings_searchline_vector ON {LINE} USING gin (vector)")
        cursor.execute(
            f"INSERT INTO {LINE} (segment_id, meeting_id, participant_id, language, text, vector) "
            "SELECT id, meeting_id, participant_id, language, '', meetings_search_vector(text, language) "
            f"FROM {SEGMENT} WHERE state IN ('final', 'corrected') AND is_kept AND text <> '' "
            "ORDER BY created_at, start_ms"
        )
        cursor.execute(
            "CREATE TRIGGER meetings_search_changed "
            "AFTER INSERT OR UPDATE OF state, is_kept, text, language, meeting_id, participant_id "
            f"ON {SEGMENT} FOR EACH ROW EXECUTE FUNCTION meetings_search_line()"
        )
        cursor.execute(
            f"CREATE TRIGGER meetings_search_deleted AFTER DELETE ON {SEGMENT} "
            "FOR EACH ROW EXECUTE FUNCTION meetings_search_line_gone()"
        )


def index_remove(connection: BaseDatabaseWrapper) -> None:
    connection.check_constraints()  # a table whose rows still wait for their deferred checks cannot be altered
    with connection.cursor() as cursor:
        for name in ("meetings_search_changed", "meetings_search_deleted"):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {SEGMENT}")
        cursor.execute(f"ALTER TABLE {LINE} DROP COLUMN IF EXISTS vector")
        for signature in ("line()", "line_gone()", "vector(text, text)", "words(text)"):
            cursor.execute(f"DROP FUNCTION IF EXISTS meetings_search_{signature}")


def index_is_installed(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE 'meetings\\_search\\_%%'",
            [SEGMENT],
        )
        return bool(cursor.fetchone()[0] == 2)


def stemmers_known(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Of language codes; older servers know fewer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cfgname FROM pg_ts_config")
        names = {name for (name,) in cursor.fetchall()}
    return {code: name for code, name in STEMMERS.items() if name in names}


def _lowered(connection: BaseDatabaseWrapper) -> str:
    """A database in the C locale knows capitals in ASCII only; ICU, where PostgreSQL has it, knows all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_collation WHERE collname = 'und-x-icu'")
        return 'COLLATE "und-x-icu"' if cursor.fetchone()[0] else ""


def _functions(*, lowered: str, stemmers: dict[str, str]) -> list[str]:
    """`meetings_search_words` does what `words.py` does."""
    configs = " ".join(f"WHEN '{code}' THEN '{name}'::regconfig" for code, name in stemmers.items())
    return [
        f"CREATE OR REPLACE FUNCTION {WORDS_FUNCTION}(said text) RETURNS text LANGUAGE sql STABLE AS $$ "
        "SELECT regexp_replace(regexp_replace(lower(normalize(regexp_replace(normalize(said, NFD), "
        rf"'([A-Za-z])[\u0300-\u036f]+', '\1', 'g'), NFC) {lowered}), '[{_SIGNS}]+', ' ', 'g'), "
        rf"'([{_UNSPACED}])', ' \1 ', 'g') $$",
        "CREATE OR REPLACE FUNCTION meetings_search_vector(said text, language text) RETURNS tsvector "
        f"LANGUAGE plpgsql STABLE AS $$ DECLARE words text := {WORDS_FUNCTION}(said); "
        f"stemmer regconfig := CASE lower(split_part(language, '-', 1)) {configs} END; BEGIN "
        "RETURN setweight(to_tsvector('simple', words), 'A') || CASE WHEN stemmer IS NULL THEN '' "
        "ELSE setweight(to_tsvector(stemmer, words), 'B') END; END $$",
        "CREATE OR REPLACE FUNCTION meetings_search_line() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.state IN ('final', 'corrected') AND NEW.is_kept AND NEW.text <> '' THEN "
        f"INSERT INTO {LINE} (segment_id, meeting_id, participant_id, language, text, vector) "
        "VALUES (NEW.id, NEW.meeting_id, NEW.participant_id, NEW.language, '', "
        "meetings_search_vector(NEW.text, NEW.language)) "
        "ON CONFLICT (segment_id) DO UPDATE SET meeting_id = excluded.meeting_id, "
        "participant_id = excluded.participant_id, language = excluded.language, vector = excluded.vector; "
        f"ELSE DELETE FROM {LINE} WHERE segment_id = NEW.id; END IF; RETURN NULL; END $$",
        "CREATE OR REPLACE FUNCTION meetings_search_line_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"DELETE FROM {LINE} WHERE segment_id = OLD.id; RETURN NULL; END $$",
    ]

"""What is measured of a filled record. A new row of the table is one more `Measure` in the list."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from django.contrib.auth.models import User
from django.test import RequestFactory

from bench.record_rows import Filled
from meetings.access import Actor, actor_for
from meetings.api.shapes import meeting_shape
from meetings.exports.formats import FORMATS
from meetings.exports.options import AS_IT_IS
from meetings.models import Meeting
from meetings.search.asking import Asked, search_asked
from meetings.search.query import QUERY_MAX_CHARS, TERMS_MAX
from meetings.search.reading import SearchFilters
from meetings.selectors import events_after, transcript

N_SEARCHES = 40
N_EXPORTS = 3
PAGE = 20
EVENTS_PER_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """`run` is called with 0, 1, 2… and answers how much it found: lines, events, characters."""

    name: str
    run: Callable[[int], int]
    n_runs: int


def measures(record: Filled) -> list[Measure]:
    return [*_searches(record), *_replays(record), *_exports(record)]


def _searches(record: Filled) -> Iterator[Measure]:
    words, all_seen = record.words, actor_for(record.staff)
    few_seen, half_seen = actor_for(record.member), actor_for(record.half)
    large = Meeting.objects.get(pk=record.large)
    frequent, middling, rare = words[:100], words[400:1_000], words[3_000:20_000]
    kinds: Sequence[tuple[str, Callable[[int], Asked], Actor]] = (
        ("a rare word", lambda n: Asked(text=rare[n * 97]), all_seen),
        ("a middling word", lambda n: Asked(text=middling[n * 7]), all_seen),
        ("two words", lambda n: Asked(text=f"{middling[n * 7]} {frequent[n]}"), all_seen),
        ("a phrase", lambda n: Asked(text=f'"{frequent[n]} {frequent[(n * 7) % 50]}"'), all_seen),
        ("the beginning of a word", lambda n: Asked(text=f"{middling[n * 7][:4]}*"), all_seen),
        ("two letters and a star", lambda n: Asked(text=f"{middling[n * 7][:2]}*"), all_seen),
        ("one word without another", lambda n: Asked(text=f"{middling[n * 7]} -{frequent[n]}"), all_seen),
        ("a word that is everywhere", lambda n: Asked(text=frequent[n]), all_seen),
        ("two words that are everywhere", lambda n: Asked(text=f"{frequent[n]} {frequent[n + 1]}"), all_seen),
        ("Chinese characters", lambda n: Asked(text="会議"), all_seen),
        (
            "a word that is everywhere, by one speaker",
            lambda n: Asked(text=frequent[n], filters=SearchFilters(speakers=("Ada",))),
            all_seen,
        ),
        ("a word that is everywhere, in five meetings of a thousand", lambda n: Asked(text=frequent[n]), few_seen),
        (
            "a word that is everywhere, in every second meeting",
            lambda n: Asked(text=frequent[n]),
            half_seen,
        ),
        ("a word in one large meeting", lambda n: Asked(text=middling[n * 7], meeting=large.code), all_seen),
    )
    for name, asked, actor in kinds:
        yield Measure(name=f"search: {name}", run=_search(asked, actor), n_runs=N_SEARCHES)
    everywhere_twice = [f"{frequent[n]} {frequent[n + 1]}" for n in range(N_SEARCHES)]
    yield _second_pages("two words that are everywhere, the next page", everywhere_twice, all_seen)
    yield _first_visits("a middling word, by staff who leave entries in all that they find", middling)
    yield _hardest("what is hardest to find", words, all_seen)


def _search(asked: Callable[[int], Asked], actor: Actor) -> Callable[[int], int]:
    return lambda number: search_asked(actor, asked(number), limit=PAGE)[0].n_matching


def _second_pages(name: str, texts: Sequence[str], actor: Actor) -> Measure:
    """All first pages are read beforehand."""
    asked = [Asked(text=text) for text in texts]
    pages = [replace(each, cursor=search_asked(actor, each, limit=PAGE)[1]) for each in asked]
    return Measure(name=f"search: {name}", run=_search(lambda n: pages[n], actor), n_runs=N_SEARCHES)


def _first_visits(name: str, words: Sequence[str]) -> Measure:
    """Each time by somebody else, so that each time entries of the audit trail are written, one for each meeting."""
    staff = iter([actor_for(User.objects.create_user(f"visitor-{n}", is_staff=True)) for n in range(N_SEARCHES + 1)])

    def visit(number: int) -> int:
        return search_asked(next(staff), Asked(text=words[number * 7]), limit=PAGE)[0].n_matching

    return Measure(name=f"search: {name}", run=visit, n_runs=N_SEARCHES)


def _hardest(name: str, words: Sequence[str], actor: Actor) -> Measure:
    """As much as a query may hold, of what is most frequent: all of it, none of it, beginnings and long phrases."""
    common, rare = words[: TERMS_MAX + N_SEARCHES], words[3_000:]
    kinds: Sequence[Callable[[int], str]] = (
        lambda n: " ".join(common[n : n + TERMS_MAX]),
        lambda n: " -".join(common[n : n + TERMS_MAX]),
        lambda n: " -".join([rare[n], *common[: TERMS_MAX - 1]]),
        lambda n: " ".join(f"{word[:2]}*" for word in words[100 + n :][:TERMS_MAX]),
        lambda n: " ".join(f'"{words[n]} the {word} the"' for word in common[:TERMS_MAX]),
        lambda n: f'"{" ".join([common[n]] * 40)}"',
        lambda n: "会" * (10 + n),
    )

    def asked(number: int) -> Asked:
        return Asked(text=kinds[number % len(kinds)](number)[:QUERY_MAX_CHARS])

    return Measure(name=f"search: {name}", run=_search(asked, actor), n_runs=N_SEARCHES)


def _replays(record: Filled) -> Iterator[Measure]:
    n_pages = max(1, record.n_large // EVENTS_PER_PAGE)

    def page(number: int) -> int:
        after_seq = (number % n_pages) * EVENTS_PER_PAGE
        return len(events_after(meeting_id=record.large, after_seq=after_seq, limit=EVENTS_PER_PAGE).messages)

    def whole(_: int) -> int:
        n_events, after_seq, has_more = 0, 0, True
        while has_more:
            found = events_after(meeting_id=record.large, after_seq=after_seq, limit=EVENTS_PER_PAGE)
            n_events, after_seq, has_more = n_events + len(found.messages), found.next_after_seq, found.has_more
        return n_events

    yield Measure(name=f"replay: a page of {EVENTS_PER_PAGE} events", run=page, n_runs=N_SEARCHES)
    yield Measure(name="replay: a large meeting from its beginning", run=whole, n_runs=N_EXPORTS)


def _exports(record: Filled) -> Iterator[Measure]:
    large = Meeting.objects.get(pk=record.large)
    for name in ("txt", "json", "vtt"):
        yield Measure(
            name=f"export: a large meeting as {name}",
            run=partial(_export, large, name),
            n_runs=N_EXPORTS,
        )


def _export(meeting: Meeting, extension: str, _: int) -> int:
    request = RequestFactory(SERVER_NAME="localhost").get("/")
    return len(FORMATS[extension].write(transcript(meeting=meeting), meeting_shape(request, meeting), AS_IT_IS))

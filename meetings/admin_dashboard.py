"""The operator's first page: who meets at the moment and how that goes, how the nodes fare, and the last two weeks."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate, TruncHour
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from meetings.limits import SAMPLE_RATE_HZ
from meetings.models import AudioSession, Meeting, Node, NodeReading, Recording

DAYS = 14
HOURS = 24
SILENT_AFTER = timedelta(seconds=45)  # three signs of life were missed
MOST_MEETINGS = 50
COLOUR = "var(--color-primary-600)"
LATE_S = 10.0  # so much heard and not yet committed is more than an utterance that goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveMeeting:
    title: str
    href: str
    began_at: datetime | None
    n_people: int
    n_sending: int
    lag_s: float  # the most that any session has heard and not yet accounted for
    lost_s: float

    @property
    def health(self) -> str:
        if self.lost_s > 0:
            return f"{self.lost_s:.1f} s lost"
        return "late" if self.lag_s > LATE_S else "well"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeHealth:
    name: str
    seen_at: datetime
    is_silent: bool
    reading: NodeReading | None

    @property
    def health(self) -> str:
        if self.is_silent:
            return "silent"
        if self.reading is None:
            return "just started"
        if not self.reading.is_recognizing:
            return "transcribes nothing"
        return "busy" if self.reading.load_level else "well"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    title: str
    kind: str
    data: str  # JSON as Chart.js takes it
    summary: str  # for those who do not see it


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the template of the admin's first page shows. Whoever may not see meetings and nodes sees neither."""
    now = timezone.now()
    if request.user.has_perm("meetings.view_meeting"):
        context["live_table"] = _live_table()
    if request.user.has_perm("meetings.view_node"):
        context["node_table"] = _node_table(now=now)
        context["charts"] = [*day_charts(now=now), *hour_charts(now=now)]
    return context


def live_meetings() -> list[LiveMeeting]:
    live = list(Meeting.objects.filter(state=Meeting.State.LIVE).order_by("-started_at")[:MOST_MEETINGS])
    keys = [meeting.pk for meeting in live]
    here = Q(participants__joined_at__isnull=False, participants__left_at__isnull=True)
    counted = Meeting.objects.filter(pk__in=keys).annotate(n=Count("participants", filter=here))
    people = dict(counted.values_list("pk", "n"))
    is_open = Q(state=AudioSession.State.OPEN)
    sessions = AudioSession.objects.filter(participant__meeting__in=keys).values("participant__meeting")
    summed = sessions.annotate(
        n_sending=Count("pk", filter=is_open), lag=Max(F("received") - F("settled"), filter=is_open), lost=Sum("gap")
    )
    found: dict[UUID, tuple[int, int | None, int]] = {
        meeting_id: (n_sending, lag, lost)
        for meeting_id, n_sending, lag, lost in summed.values_list("participant__meeting", "n_sending", "lag", "lost")
    }
    return [_live(meeting, people.get(meeting.pk, 0), *found.get(meeting.pk, (0, None, 0))) for meeting in live]


def _live(meeting: Meeting, n_people: int, n_sending: int, lag: int | None, lost: int) -> LiveMeeting:
    return LiveMeeting(
        title=meeting.title,
        href=reverse("admin:meetings_meeting_support", args=[meeting.pk]),
        began_at=meeting.started_at,
        n_people=n_people,
        n_sending=n_sending,
        lag_s=(lag or 0) / SAMPLE_RATE_HZ,
        lost_s=lost / SAMPLE_RATE_HZ,
    )


def node_healths(*, now: datetime) -> list[NodeHealth]:
    readings: dict[str, NodeReading] = {}
    for reading in NodeReading.objects.filter(at__gt=now - timedelta(minutes=5)).order_by("at"):
        readings[reading.node] = reading
    return [
        NodeHealth(
            name=node.name,
            seen_at=node.seen_at,
            is_silent=node.seen_at < now - SILENT_AFTER,
            reading=readings.get(node.name),
        )
        for node in Node.objects.order_by("-seen_at")
    ]


def day_charts(*, now: datetime) -> list[Chart]:
    days = [(now - timedelta(days=ago)).date() for ago in reversed(range(DAYS))]
    began = AudioSession.objects.filter(begun_at__date__gte=days[0])
    heard = _by(began, "begun_at", n=Sum("received"))
    speakers = _by(began, "begun_at", n=Count("participant", distinct=True))
    lost = _by(began, "begun_at", n=Sum("gap"))
    stored = _by(Recording.objects.filter(done_at__date__gte=days[0]), "done_at", n=Sum("n_bytes"))
    before = Recording.objects.filter(done_at__date__lt=days[0]).aggregate(n=Sum("n_bytes"))["n"] or 0
    sizes, total = [], before
    for day in days:
        total += stored.get(day, 0)
        sizes.append(round(total / 1e6, 1))
    labels = [f"{day:%-d %b}" for day in days]
    return [
        _chart("Minutes of audio", "bar", labels, [round(heard.get(day, 0) / SAMPLE_RATE_HZ / 60, 1) for day in days]),
        _chart("Speakers", "bar", labels, [speakers.get(day, 0) for day in days]),
        _chart("Seconds lost", "bar", labels, [round(lost.get(day, 0) / SAMPLE_RATE_HZ, 1) for day in days]),
        _chart("Recordings, MB", "bar", labels, sizes),
    ]


def hour_charts(*, now: datetime) -> list[Chart]:
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    hours = [start + timedelta(hours=number) for number in range(HOURS)]
    read = NodeReading.objects.filter(at__gte=start).annotate(hour=TruncHour("at")).values("hour").order_by("hour")
    measured = read.annotate(
        p95=Max("final_wait_p95_ms"), p50=Avg("final_wait_p50_ms"), failed=Sum("failures"), away=Sum("refused")
    )
    rows = {hour: values for hour, *values in measured.values_list("hour", "p95", "p50", "failed", "away")}
    labels = [f"{hour:%H}:00" for hour in hours]
    nothing = [0] * 4
    p95, p50, failed, away = ([float(rows.get(hour, nothing)[n] or 0) for hour in hours] for n in range(4))
    return [
        _chart("Wait for a final, worst minute's p95, ms", "bar", labels, p95),
        _chart("Wait for a final, mean p50, ms", "bar", labels, p50),
        _chart("Utterances that became gaps", "bar", labels, failed),
        _chart("Voices that found no room", "bar", labels, away),
    ]


def clock_words(n_samples: int) -> str:
    """Samples as people read a time: 1:02:03.4."""
    tenths = n_samples * 10 // SAMPLE_RATE_HZ
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest // 10:02}.{rest % 10}" if hours else f"{minutes}:{rest // 10:02}.{rest % 10}"


def _by(found: QuerySet[Any], at: str, **measure: Any) -> Mapping[date, Any]:
    rows = found.annotate(day=TruncDate(at)).values("day").annotate(**measure).order_by("day")
    return {row["day"]: row["n"] or 0 for row in rows}


def _chart(title: str, kind: str, labels: Sequence[str], values: Iterable[float]) -> Chart:
    shown = list(values)
    line = {"label": title, "data": shown, "borderColor": COLOUR, "backgroundColor": COLOUR}
    data = {"labels": list(labels), "datasets": [line]}
    summary = f"{title}: from {labels[0]} to {labels[-1]} at most {max(shown):g}, at last {shown[-1]:g}"
    return Chart(title=title, kind=kind, data=json.dumps(data), summary=summary)


def _live_table() -> dict[str, list[Any]]:
    return {
        "headers": ["meeting", "since", "people", "microphones", "heard, not yet committed", "health"],
        "rows": [
            [
                format_html(
                    '<a class="text-primary-600 underline dark:text-primary-500" href="{}">{}</a>',
                    each.href,
                    each.title,
                ),
                f"{each.began_at:%H:%M}" if each.began_at else "",
                each.n_people,
                each.n_sending,
                f"{each.lag_s:.1f} s",
                each.health,
            ]
            for each in live_meetings()
        ],
    }


def _node_table(*, now: datetime) -> dict[str, list[Any]]:
    return {
        "headers": ["node", "last seen", "health", "sessions", "sockets", "finals a minute", "p95 wait"],
        "rows": [
            [each.name, f"{each.seen_at:%H:%M:%S}", each.health, *_told(each.reading)] for each in node_healths(now=now)
        ],
    }


def _told(reading: NodeReading | None) -> list[str]:
    if reading is None:
        return [""] * 4
    waited = reading.final_wait_p95_ms
    return [
        str(reading.sessions),
        str(reading.sockets),
        str(reading.finals),
        "" if waited is None else f"{waited / 1_000:.1f} s",
    ]

"""Whatever people do to a transcript, in whatever order: its history holds, and what was taken out is nowhere."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from meetings.errors import MeetingsError
from meetings.exports.formats import FORMATS
from meetings.exports.options import AS_IT_IS
from meetings.models import (
    Correction,
    Meeting,
    Participant,
    Replacement,
    SearchLine,
    SecondPass,
    Segment,
    SegmentRevision,
)
from meetings.passages import Passage
from meetings.purges import purges_work
from meetings.second_pass.hearing import Heard
from meetings.selectors import events_after, transcript
from meetings.services.audit_check import audit_check
from meetings.services.audit_proof import audit_proof
from meetings.services.consents import consent_record
from meetings.services.erasure import participant_erase
from meetings.services.purge_jobs import purge_ask
from meetings.services.redaction import segment_redact
from meetings.services.replacements import replacement_apply, replacement_propose, replacement_revert
from meetings.services.second_pass_lines import second_pass_line
from meetings.services.segment_bounds import segment_merge, segment_split
from meetings.services.segments import segment_correct, segment_restore, segment_retract
from meetings.services.sessions import session_end
from meetings.services.undo import segment_undo
from meetings.shown import meeting_fields
from meetings.values import OpenedSession, WordTiming
from meetings.verify_proof import proof_verify
from tests.integration.corrected import WORD_SAMPLES, says
from tests.integration.made import host_made, meeting_made, opened

pytestmark = pytest.mark.django_db
WHO = "user:1"
LEASE = timedelta(minutes=1)
N_STEPS = 25


@dataclass
class Walk:
    """No word is said or written twice, so each can be looked for wherever words may lie."""

    random: Random
    meeting: Meeting
    people: list[OpenedSession]
    settled: dict[Any, int] = field(default_factory=dict)
    n_words: int = 0
    gone: set[str] = field(default_factory=set)
    shown: dict[str, Any] = field(default_factory=dict)
    seq: int = 0
    done: list[str] = field(default_factory=list)

    def words(self, n: int) -> str:
        first = self.n_words
        self.n_words += n
        return " ".join(f"wo{first + at:04}rd" for at in range(n))

    def line(self) -> Segment:
        lines = list(Segment.objects.filter(meeting=self.meeting).order_by("start", "pk"))
        return self.random.choice(lines)

    def say(self) -> None:
        who = self.random.choice([each for each in self.people if each.owner.session_id in self.settled])
        text = self.words(self.random.randint(2, 6))
        says(who, text, settled_from=self.settled[who.owner.session_id])
        self.settled[who.owner.session_id] += len(text.split()) * WORD_SAMPLES

    def agree(self) -> None:
        who = self.random.choice(self.people)
        granted = self.random.choice([("captions",), ("captions", "transcript")])
        consent_record(participant_id=who.participant_id, granted=granted)

    def correct(self) -> None:
        line = self.line()
        said = line.text.split() or ["nothing"]
        if self.random.random() < 0.3:
            other = self.random.choice(list(Participant.objects.order_by("pk")))
            segment_correct(segment_id=line.pk, expected_rev=line.rev, actor=WHO, participant_id=other.pk)
            return
        at = self.random.randrange(len(said))
        text = " ".join([*said[:at], self.words(1), *said[at + 1 :]])
        segment_correct(segment_id=line.pk, expected_rev=line.rev, actor=WHO, text=text, reason=said[0])

    def split(self) -> None:
        line = self.line()
        blanks = [at for at, sign in enumerate(line.text) if sign == " "] or [1]
        other = self.random.choice([None, *Participant.objects.order_by("pk").values_list("pk", flat=True)])
        at = self.random.choice(blanks)
        segment_split(segment_id=line.pk, expected_rev=line.rev, at=at, actor=WHO, participant_id=other)

    def merge(self) -> None:
        line = self.line()
        segment_merge(segment_id=line.pk, expected_rev=line.rev, actor=WHO)

    def undo(self) -> None:
        line = self.line()
        to_rev = self.random.choice([None, None, self.random.randint(1, line.rev)])
        segment_undo(segment_id=line.pk, expected_rev=line.rev, actor=WHO, to_rev=to_rev)

    def take_out(self) -> None:
        segment_retract(segment_id=self.line().pk, actor=WHO, reason="not for the minutes")

    def put_back(self) -> None:
        segment_restore(segment_id=self.line().pk, actor=WHO)

    def replace(self) -> None:
        said = self.line().text.split() or ["nothing"]
        to = self.random.choice(["", self.words(1)])
        asked = replacement_propose(
            meeting=self.meeting, actor=WHO, find=self.random.choice(said), replace=to, whole_words=False
        )
        if self.random.random() < 0.7:
            replacement_apply(meeting=self.meeting, replacement_id=asked.pk, actor=WHO)

    def replace_back(self) -> None:
        rows = list(Replacement.objects.order_by("pk"))
        if rows:
            row = self.random.choice(rows)
            act = replacement_revert if row.state == Replacement.State.APPLIED else replacement_apply
            act(meeting=self.meeting, replacement_id=row.pk, actor=WHO)

    def hear_again(self) -> None:
        line = self.line()
        said = self.words(4).split()
        step = (line.end - line.start) // len(said) or 1
        timed = tuple(
            WordTiming(text=word, start=line.start + at * step, end=line.start + (at + 1) * step, confidence=1.0)
            for at, word in enumerate(said)
        )
        leased = {"state": "waiting", "lease": uuid4(), "lease_until": timezone.now() + LEASE}
        job, _ = SecondPass.objects.update_or_create(
            audio_session=line.audio_session,
            defaults={"meeting": self.meeting, "end": line.end, "n_lines": 99, **leased},
        )
        heard = Heard(engine="second", language="en", words=timed)
        second_pass_line(job=job, segment_id=line.pk, rev=line.rev, heard=heard, now=timezone.now())

    def redact(self) -> None:
        line = self.line()
        words = line.text.split()
        if len(words) < 2 or self.random.random() < 0.4:
            going, passage = words, None
        else:
            going = [self.random.choice(words)]
            at = line.text.index(going[0])
            passage = Passage(start=at, end=at + len(going[0]))
        segment_redact(segment_id=line.pk, actor=WHO, passage=passage, rev=line.rev)
        self.gone |= {word for word in going if word.startswith("wo")}

    def erase(self) -> None:
        who = self.random.choice(self.people)
        if who.owner.session_id in self.settled:
            session_end(owner=who.owner)
            del self.settled[who.owner.session_id]
        self.people.remove(who)
        person = Participant.objects.get(pk=who.participant_id)
        theirs = " ".join(Segment.objects.filter(participant=person).values_list("text", flat=True)).split()
        others = Segment.objects.exclude(participant=person).exclude(state="retracted").values_list("text", flat=True)
        kept = set(" ".join(others).split())
        participant_erase(participant=person, by=WHO)
        # Whose words somebody else's line says by now, after a merge and a correction, are that one's.
        self.gone |= {word for word in theirs if word.startswith("wo")} - kept

    def forget(self) -> None:
        purge_ask(meeting=self.meeting, what="unkept", reason="captions_only", by=WHO)
        purges_work(clock=timezone.now)

    def step(self) -> None:
        acts: list[tuple[Callable[[], None], int]] = [
            *((self.say, 4), (self.agree, 1), (self.correct, 4), (self.split, 4), (self.merge, 4), (self.undo, 5)),
            *((self.take_out, 2), (self.put_back, 2), (self.replace, 3), (self.replace_back, 2)),
            *((self.hear_again, 2), (self.redact, 2), (self.forget, 1), (self.erase, 1 if len(self.people) > 2 else 0)),
        ]
        act = self.random.choices([act for act, _ in acts], [weight for _, weight in acts])[0]
        try:
            act()
        except MeetingsError as refusal:
            self.done.append(f"{act.__name__} ({refusal.code})")
        else:
            self.done.append(act.__name__)

    def check(self) -> None:
        assert [finding.words for finding in audit_check(meeting_id=self.meeting.pk)] == [], self.done
        self._follow()
        read = transcript(meeting=Meeting.objects.get(pk=self.meeting.pk))
        stands = {line["id"]: (line["rev"], line["state"], line["text"]) for line in read.segments}
        assert {key: line for key, line in self.shown.items() if line[1] != "retracted"} == stands, self.done
        found = {str(each) for each in SearchLine.objects.values_list("segment", flat=True)}
        assert found == {key for key, line in stands.items() if line[1] in ("final", "corrected")}, self.done
        fields = meeting_fields(read.meeting, join_url="")
        document = json.loads(FORMATS["json"].write(read, fields, AS_IT_IS))
        assert proof_verify(audit_proof(meeting_id=self.meeting.pk), document).problems == [], self.done
        lying = stored()
        assert [word for word in sorted(self.gone) if word in lying] == [], self.done

    def _follow(self) -> None:
        """As the transcript page follows: what it was loaded with, and the events since."""
        messages = events_after(meeting_id=self.meeting.pk, after_seq=self.seq, limit=10_000).messages
        for message in messages:
            if message["type"] == "segment":
                line = message["segment"]
                if line.get("kept", True) and line["rev"] > self.shown.get(line["id"], (0, "", ""))[0]:
                    self.shown[line["id"]] = line["rev"], line["state"], line["text"]
            elif message["event"].get("what") == "participant":
                said_by = Segment.objects.filter(participant=UUID(message["event"]["participant_id"]))
                for key in {str(pk) for pk in said_by.values_list("pk", flat=True)} & self.shown.keys():
                    _, state, _ = self.shown[key]
                    if state != "retracted":
                        self.shown[key] = Segment.objects.get(pk=key).rev, "redacted", ""
            self.seq = message["seq"] or self.seq


def stored() -> str:
    found: list[Any] = [*Segment.objects.values_list("text", "words")]
    found += [*SegmentRevision.objects.values_list("text", "words", "reason")]
    found += [*Correction.objects.values_list("reason")]
    found += [*Replacement.objects.values_list("find", "replace")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM meetings_searchline")
        return f"{found}{cursor.fetchall()}"


@pytest.mark.parametrize("seed", range(8))
def test_a_walk_through_all_that_people_do(seed: int, tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path
    meeting = meeting_made(actor=host_made())
    people = [opened(meeting, display_name=name) for name in ("Ada", "Ben", "Cyd")]
    walk = Walk(Random(seed), meeting, people, settled={each.owner.session_id: 0 for each in people})
    for _ in range(4):
        walk.say()
    walk.check()
    for _ in range(N_STEPS):
        walk.step()
        walk.check()
    purge_ask(meeting=meeting, what="text", reason="asked", by=WHO)
    purges_work(clock=timezone.now)
    assert [finding.words for finding in audit_check(meeting_id=meeting.pk)] == [], walk.done
    assert "wo0" not in stored()

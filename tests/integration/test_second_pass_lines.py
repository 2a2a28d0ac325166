"""What is heard again becomes a revision where it is better, and never takes a person's words."""

from uuid import UUID

import pytest
from django.utils import timezone

from meetings.access import Actor
from meetings.models import AuditEvent, Meeting, MeetingEvent, SecondPass, Segment, SegmentRevision
from meetings.services.audit import audit_verify
from meetings.services.segments import segment_restore, segment_retract
from tests.integration.heard_again import SECOND, ToldEar, heard_again, over
from tests.integration.made import silence, speech
from tests.integration.recorded import Speaking, sound, speaking

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage")]


def say(who: Speaking, text: str, *, is_recorded: bool = True) -> UUID:
    """A second of speech, and half a second of silence after it."""
    at = who.settled
    span = speech(at, at + SECOND, text=text)
    recorded = [who.write(sound(SECOND + SECOND // 2), start=at)] if is_recorded else []
    who.commit(span, silence(at + SECOND + SECOND // 2), recorded=recorded)
    assert span.segment is not None
    return span.segment.segment_id


def corrected_by_hand(segment: Segment, text: str, *, actor: str = "user:7") -> None:
    """As an editor's correction is stored: the earlier text as a revision that names who replaced it."""
    SegmentRevision.objects.create(
        segment=segment,
        rev=segment.rev,
        state=segment.state,
        text=segment.text,
        words=segment.words,
        language=segment.language,
        confidence=segment.confidence,
        engine=segment.engine,
        actor=actor,
        at=timezone.now(),
    )
    Segment.objects.filter(pk=segment.pk).update(rev=segment.rev + 1, text=text, state=Segment.State.CORRECTED)


def test_what_another_said_into_this_microphone_does_not_come_back_into_the_line(
    meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    """The gate had silenced it; the recording has it all."""
    grace = speaking(meeting, name="Grace")
    say(grace, "I would rather wait")
    segment_id = say(ada, "we shud move it")
    over(meeting, host, ada, grace)
    ear = ToldEar()
    ear.says(0, SECOND, "We rather should move wait it")
    heard_again(ear)
    segment = Segment.objects.get(pk=segment_id)
    assert (segment.text, segment.state) == ("We should move it", "final")


def test_what_one_said_oneself_right_before_is_no_other_s_voice(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    """Nor is what was taken out of another's line, which may be this voice in that microphone."""
    grace = speaking(meeting, name="Grace")
    segment_retract(segment_id=say(grace, "we should move it now"), actor="system", reason="bleed")
    start, end = SECOND + 6_400, 2 * SECOND
    line = speech(start, end, text="moo it now")
    before = speech(0, SECOND, text="we go and move")
    ada.commit(before, silence(start), line, silence(end + 8_000), recorded=[ada.write(sound(17_600), start=start)])
    over(meeting, host, ada, grace)
    ear = ToldEar()
    ear.says(start, end, "move it now")
    heard_again(ear)
    assert line.segment is not None
    assert Segment.objects.get(pk=line.segment.segment_id).text == "move it now"


def test_what_two_said_at_once_stays_in_both_lines(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    grace = speaking(meeting, name="Grace")
    say(grace, "yes we should")
    segment_id = say(ada, "no we should nut")
    over(meeting, host, ada, grace)
    ear = ToldEar()
    ear.says(0, SECOND, "No we should not")
    heard_again(ear)
    assert Segment.objects.get(pk=segment_id).text == "No we should not"


def test_a_line_that_is_understood_better_becomes_a_revision_of_the_system(
    meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    segment_id = say(ada, "hello bear")
    over(meeting, host, ada)
    ear = ToldEar()
    ear.says(0, SECOND, "Hello there.")
    assert not heard_again(ear)
    segment = Segment.objects.get(pk=segment_id)
    assert (segment.text, segment.rev, segment.state, segment.engine) == ("Hello there.", 2, "final", "second")
    assert [(word["w"], word["s"], word["e"]) for word in segment.words] == [("Hello", 0, 500), ("there.", 500, 1000)]
    before = SegmentRevision.objects.get(segment=segment)
    assert (before.text, before.rev, before.actor, before.reason) == ("hello bear", 1, "system", "second_pass")
    event = MeetingEvent.objects.filter(segment=segment).latest("seq")
    assert event.payload == {"segment_id": str(segment_id), "rev": 2}
    assert AuditEvent.objects.filter(action="segment.improved", target=f"segment:{segment_id}").exists()
    assert audit_verify(meeting_id=meeting.pk) is None
    job = SecondPass.objects.get()
    assert (job.state, job.n_lines, job.n_done, job.n_replaced) == ("done", 1, 1, 1)


def test_text_that_is_less_sure_is_not_taken(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    segment_id = say(ada, "hello there")
    over(meeting, host, ada)
    ear = ToldEar()
    ear.says(0, SECOND, "yellow bear", sure=0.5)
    heard_again(ear)
    segment = Segment.objects.get(pk=segment_id)
    assert (segment.text, segment.rev) == ("hello there", 1)
    assert SecondPass.objects.get().state == "done"


def test_what_a_person_wrote_keeps_its_text_and_gets_no_times_of_other_words(
    meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    segment_id = say(ada, "hello bear")
    corrected_by_hand(Segment.objects.get(pk=segment_id), "Hello, dear!")
    over(meeting, host, ada)
    ear = ToldEar()
    ear.says(0, SECOND, "Hello there.", sure=1.0)
    heard_again(ear)
    segment = Segment.objects.get(pk=segment_id)
    assert (segment.text, segment.rev, segment.state) == ("Hello, dear!", 2, "corrected")


def test_what_a_person_wrote_gets_word_times_where_the_same_was_heard(
    meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    segment_id = say(ada, "hello bear")
    corrected_by_hand(Segment.objects.get(pk=segment_id), "Hello, there!")
    over(meeting, host, ada)
    ear = ToldEar()
    ear.says(0, SECOND, "hello there")
    heard_again(ear)
    segment = Segment.objects.get(pk=segment_id)
    assert (segment.text, segment.rev, segment.state, segment.engine) == ("Hello, there!", 3, "corrected", "test")
    assert [(word["w"], word["s"]) for word in segment.words] == [("Hello,", 0), ("there!", 500)]
    assert SegmentRevision.objects.filter(segment=segment, actor="system").count() == 1


def test_a_person_who_put_a_line_back_has_judged_it(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    """Its state is that of any other line: only its history shows it."""
    segment_id = say(ada, "hello bear")
    segment_retract(segment_id=segment_id, actor="system", reason="bleed")
    segment_restore(segment_id=segment_id, actor=host.label)
    over(meeting, host, ada)
    ear = ToldEar()
    ear.says(0, SECOND, "Hello there.", sure=1.0)
    heard_again(ear)
    assert Segment.objects.get(pk=segment_id).text == "hello bear"


@pytest.mark.parametrize("state", ["redacted", "retracted"])
def test_what_was_taken_out_gets_no_words_at_all(meeting: Meeting, host: Actor, ada: Speaking, state: str) -> None:
    """Words hold text: also where the same is heard nothing of it comes back."""
    segment_id = say(ada, "hello there")
    Segment.objects.filter(pk=segment_id).update(state=state, text="" if state == "redacted" else "hello there")
    over(meeting, host, ada)
    ear = ToldEar()
    ear.says(0, SECOND, "hello there", sure=1.0)
    heard_again(ear)
    segment = Segment.objects.get(pk=segment_id)
    assert (segment.rev, segment.words, segment.state) == (1, [], state)
    assert SecondPass.objects.get().state == "done"


def test_a_line_that_is_corrected_while_it_is_heard_stays_as_it_was_corrected(
    meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    segment_id = say(ada, "hello bear")
    over(meeting, host, ada)

    class Interrupted(ToldEar):
        # whatever it is asked is handed on
        def hear(self, *args: object, **more: object) -> object:  # type: ignore[override]
            segment = Segment.objects.get(pk=segment_id)
            corrected_by_hand(segment, "hello there", actor="system")
            Segment.objects.filter(pk=segment_id).update(state="final")
            return super().hear(*args, **more)  # type: ignore[arg-type]  # likewise

    ear = Interrupted()
    ear.says(0, SECOND, "Yellow chair.", sure=1.0)
    heard_again(ear)
    segment = Segment.objects.get(pk=segment_id)
    assert (segment.text, segment.rev) == ("hello there", 2)


def test_lines_near_each_other_are_heard_together_and_get_their_own_words(
    meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    first, second = say(ada, "one too"), say(ada, "free four")
    over(meeting, host, ada)
    ear = ToldEar()
    ear.says(0, SECOND, "one two")
    ear.says(SECOND * 3 // 2, SECOND * 5 // 2, "three four")
    heard_again(ear)
    assert ear.heard == [(0, SECOND * 5 // 2)]
    texts = [Segment.objects.get(pk=each).text for each in (first, second)]
    assert texts == ["one two", "three four"]


def test_what_was_not_recorded_is_not_heard(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    say(ada, "hello there")
    segment_id = say(ada, "off the record", is_recorded=False)
    over(meeting, host, ada)
    ear = ToldEar()
    ear.says(SECOND * 3 // 2, SECOND * 5 // 2, "of the word", sure=1.0)
    heard_again(ear)
    assert ear.heard == [(0, SECOND)]
    assert Segment.objects.get(pk=segment_id).rev == 1
    assert SecondPass.objects.get().n_done == 2

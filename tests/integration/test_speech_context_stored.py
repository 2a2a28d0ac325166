"""What was said last is stored with the settled position, for what follows it in another process."""

from dataclasses import replace

import pytest

from meetings.services.sessions import session_open
from meetings.values import SpeechContext
from tests.integration.made import commit, meeting_made, opened, silence, speech


@pytest.mark.django_db
def test_what_follows_is_understood_by_what_was_said_last_also_after_a_resume() -> None:
    """The client is told to send that again; nothing of it is committed twice, since `settled` stands behind it."""
    first = opened(meeting_made())
    context = SpeechContext(start=600, end=1_000, language="en", tokens=(7, 8, 9))
    commit(first.owner, replace(speech(0, 1_000), context=context))
    again = session_open(session_id=first.owner.session_id, node="node-2", resume_token=None)
    assert (again.settled, again.context, again.resume_from) == (1_000, context, 600)
    commit(again.owner, silence(2_000), settled_from=1_000)
    last = session_open(session_id=first.owner.session_id, node="node-1", resume_token=None)
    assert (last.settled, last.context, last.resume_from) == (2_000, None, 2_000)

"""What pages show that is stored: put into a running node's database by the services, without anybody speaking."""

import json
from collections.abc import Sequence

from tests.nodes import NodeProcess

Lines = Sequence[tuple[str, str]]

_PERSON = """
from django.contrib.auth.models import User
User.objects.create_user({name!r}, password={password!r})
"""

_LINES = """
import json
from meetings.models import Meeting
from tests.integration.made import commit, opened, silence, speech

meeting = Meeting.objects.get(code={code!r})
said = {{}}
for place, (name, text) in enumerate(json.loads({lines!r})):
    start = place * 16_000
    said.setdefault(name, []).extend([silence(start), speech(start, start + 12_000, text=text)])
for name, spans in said.items():
    commit(opened(meeting, display_name=name).owner, *(span for span in spans if span.end > 0))
"""

_WORK = "from meetings import tasks; tasks.{task}()"


def person_store(node: NodeProcess, *, name: str, password: str) -> None:
    """Somebody who can log in."""
    node.manage("shell", "-c", _PERSON.format(name=name, password=password))


def lines_store(node: NodeProcess, *, address: str, lines: Lines) -> None:
    """Who said what, one line a second, in the meeting whose page is at that address."""
    code = address.rstrip("/").rpartition("/")[2]
    node.manage("shell", "-c", _LINES.format(code=code, lines=json.dumps(list(lines))))


def work(node: NodeProcess, *, task: str) -> None:
    """What the worker would do now: it does not run beside the tests' node, so nothing happens before its time."""
    node.manage("shell", "-c", _WORK.format(task=task))

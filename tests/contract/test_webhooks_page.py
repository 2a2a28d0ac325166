"""docs/webhooks.md lists what is sent, and its example verifies what we sign."""

import re
from typing import Any
from uuid import uuid4

from django.utils import timezone

from meetings.webhooks.catalogue import TEST, TYPES
from meetings.webhooks.retrying import DISABLE_AFTER, GIVE_UP_AFTER, MOST_ATTEMPTS, retry_delay
from meetings.webhooks.sending import DEADLINE_S
from meetings.webhooks.signing import headers_signed, secret_new
from tests.nodes import ROOT

PAGE = (ROOT / "docs" / "webhooks.md").read_text()


def test_every_type_is_listed_and_no_other() -> None:
    assert set(re.findall(r"^\| `([a-z.]+)` \|", PAGE, re.MULTILINE)) == {*TYPES, TEST}


def test_the_example_tells_what_is_genuine_from_what_is_not() -> None:
    found = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(found[1], names)  # noqa: S102 - our own page
    secret, now_s = secret_new(), int(timezone.now().timestamp())
    for keys in ([secret], [secret_new(), secret]):
        headers = headers_signed(uid=uuid4(), timestamp_s=now_s, body=b"{}", keys=keys)
        assert names["is_genuine"](secret, headers, b"{}")
        assert not names["is_genuine"](secret, headers, b"{ }")
        assert not names["is_genuine"](secret_new(), headers, b"{}")
    old = headers_signed(uid=uuid4(), timestamp_s=now_s - 301, body=b"{}", keys=[secret])
    assert not names["is_genuine"](secret, old, b"{}")


def test_the_numbers_in_the_text_are_those_in_force() -> None:
    delays_s = [retry_delay(n, chance=0.5).total_seconds() for n in range(1, MOST_ATTEMPTS)]
    assert [round(delay_s) for delay_s in delays_s[:2]] == [10, 40]
    assert [round(delay_s / 60) for delay_s in delays_s[2:5]] == [3, 11, 43]
    assert [round(delay_s / 3_600) for delay_s in delays_s[5:7]] == [3, 8]
    assert f"within {DEADLINE_S:.0f} seconds" in PAGE
    assert DISABLE_AFTER.days == GIVE_UP_AFTER.days == 3

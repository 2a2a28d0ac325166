"""How messages are written as text: the one encoder of all sockets."""

import json
from collections.abc import Mapping
from typing import Any


def encode(message: Mapping[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))

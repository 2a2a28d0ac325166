"""`python -m bench.mouth_to_ear`: how long a voice takes from one person's microphone to another's loudspeaker.

One person claps twice a second, another listens, and others talk meanwhile, all over real sockets in frames as a
browser captures them (40 ms). A clap's time runs from its capture to the arrival of the frame that holds it; what a
browser adds is its own reserve, which begins with 40 ms.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from bench.figures import percentile
from bench.streams import meeting_made
from bench.usage import cpu_of
from meetings.limits import SAMPLE_RATE_HZ
from streaming.audio.pcm import pcm_decode
from streaming.client.rest import Admission, Rest
from streaming.client.session import AudioSession
from streaming.protocol.frames import AudioFrame
from streaming.recognizers.base import Float32
from tests.nodes import ROOT, node_environment, node_running

FRAME_MS = 40
CLAP_EVERY_S = 0.5
CLAP_SAMPLES = 80
LOUD = 0.5


def main() -> int:
    arguments = _arguments()
    models = arguments.data_dir / "models"
    with tempfile.TemporaryDirectory(prefix="colloquy-ear-") as directory:
        environment = node_environment(data_dir=Path(directory), models=models.resolve(), JOINS_PER_MINUTE="100000")
        with node_running(environment) as node:
            for n_talking in arguments.talking:
                before = cpu_of(node.process.pid)
                row = asyncio.run(_run(node.url, n_talking=n_talking, seconds=arguments.seconds))
                used = cpu_of(node.process.pid) - before
                row["web_cpu_cores"] = round(used.web_s / arguments.seconds, 3)
                sys.stdout.write(json.dumps(row) + "\n")
                sys.stdout.flush()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.mouth_to_ear", description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=ROOT / "data", help="where the prepared models are")
    parser.add_argument(
        "--talking", type=int, nargs="+", default=[0, 3, 7], help="how many others make noise and listen"
    )
    parser.add_argument("--seconds", type=float, default=20)
    return parser.parse_args()


async def _run(url: str, *, n_talking: int, seconds: float) -> dict[str, Any]:
    clock = asyncio.get_running_loop().time
    claps = _claps(seconds)
    heard: list[tuple[float, AudioFrame]] = []
    async with httpx.AsyncClient(base_url=f"{url}/api/v1/", timeout=30) as http:
        code = await meeting_made(http)
        async with asyncio.TaskGroup() as group:
            listening = await _admitted(http, code, "Listener")
            group.create_task(
                _take_part(url, listening, np.zeros_like(claps), lambda frame: heard.append((clock(), frame)))
            )
            for number in range(n_talking):
                admission = await _admitted(http, code, f"Other {number}")
                noise = np.random.default_rng(number).normal(0, 0.02, claps.size).astype(np.float32)
                group.create_task(_take_part(url, admission, noise, lambda frame: None))
            began_s = await _take_part(url, await _admitted(http, code, "Clapper"), claps, None)
    took_s = _latencies(heard, began_s)
    return {
        "talking": n_talking,
        "claps": round(seconds / CLAP_EVERY_S),
        "heard": len(took_s),
        "p50_s": percentile(took_s, 50),
        "p95_s": percentile(took_s, 95),
        "frames": len(heard),
    }


async def _admitted(http: httpx.AsyncClient, code: str, name: str) -> Admission:
    body = (await http.post(f"meetings/{code}/participants", json={"display_name": name})).raise_for_status().json()
    return Admission(**{field: body[field] for field in Admission.__dataclass_fields__})


async def _take_part(url: str, admission: Admission, audio: Float32, on_heard: Any) -> float:
    """Returns when the first sample was captured, on the loop's clock."""
    clock = asyncio.get_running_loop().time
    async with Rest(url) as rest, AudioSession(rest, admission, frame_ms=FRAME_MS, on_heard=on_heard) as session:
        began_s, position, n_frame = clock(), 0, FRAME_MS * SAMPLE_RATE_HZ // 1_000
        while position < audio.size:
            await asyncio.sleep(max(0.0, began_s + (position + n_frame) / SAMPLE_RATE_HZ - clock()))
            await session.write(audio[position : position + n_frame])
            position += n_frame
        await session.end()
        async for _ in session.messages():
            pass
    return began_s


def _claps(seconds: float) -> Float32:
    audio = np.zeros(int(seconds * SAMPLE_RATE_HZ), np.float32)
    for number in range(round(seconds / CLAP_EVERY_S)):
        at = _clap_at(number)
        audio[at : at + CLAP_SAMPLES] = 0.9
    return audio


def _clap_at(number: int) -> int:
    """Not in step with frames: position of clap `number`."""
    return round((number * CLAP_EVERY_S + 0.1 + 0.037 * (number % 5)) * SAMPLE_RATE_HZ)


def _latencies(heard: Sequence[tuple[float, AudioFrame]], began_s: float) -> list[float]:
    """Seconds from the capture of each clap to the arrival of its first loud frame."""
    found: dict[int, float] = {}
    captured_s = [began_s + _clap_at(n) / SAMPLE_RATE_HZ for n in range(10_000)]
    for at_s, frame in heard:
        if np.abs(pcm_decode(bytes(frame.payload))).max() < LOUD:
            continue
        number = int(np.searchsorted(captured_s, at_s)) - 1
        if number >= 0:
            found.setdefault(number, at_s - captured_s[number])
    return list(found.values())


if __name__ == "__main__":
    sys.exit(main())

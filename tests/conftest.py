"""Fixtures that every kind of test may use. Those that cost something are made once, and only when asked for."""

import asyncio
import inspect
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings
from hypothesis import settings as property_settings
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from tests.nodes import ROOT, NodeProcess, node_environment, node_running
from tests.ports import free_port
from tests.side_by_side import spread

property_settings.register_profile(
    "colloquy", deadline=None, print_blob=True
)  # machines are shared: no test asserts a time
property_settings.load_profile("colloquy")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # one of several processes
        items[:] = spread(items)


@pytest.fixture(scope="session")
def speech_cache() -> Path:
    """The model cache with the models of a fresh installation prepared in it (fetched on the first run)."""
    from config.env import RECOGNIZERS, names_listed
    from streaming.speech_models.store import models_ensure

    cache = Path(settings.DATA_DIR) / "models"
    models_ensure(names_listed(RECOGNIZERS["auto"]), directory=None, cache=cache)
    return cache


@pytest.fixture(scope="session")
def speech_samples(speech_cache: Path) -> dict[str, Path]:
    """Real speech that comes with the model: `beckett` (10 s at 16 kHz) and `two_cities` (44 s at 48 kHz)."""
    from streaming.speech_models.store import speech_samples as samples

    return samples(speech_cache)


@pytest.fixture(scope="session")
def shared_testdata() -> Path:
    """Recordings that are no part of the project: COLLOQUY_TESTDATA, or ../shared/testdata beside the checkout."""
    directory = Path(os.environ.get("COLLOQUY_TESTDATA") or ROOT.parent / "shared" / "testdata")
    if not (directory / "README.md").is_file():
        pytest.skip("the shared recordings are not here (set COLLOQUY_TESTDATA to their directory)")
    return directory


@pytest.fixture(scope="session")
def running_node(speech_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """One real web node, shared by all tests: each makes meetings of its own in it."""
    environment = node_environment(data_dir=tmp_path_factory.mktemp("node"), models=speech_cache)
    with node_running(environment) as node:
        yield node


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of our own, or a skipped test where Redis is not installed."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    port, directory = free_port(), tmp_path_factory.mktemp("redis")
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory)],
        stdout=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}/0"
    with redis.Redis.from_url(url, retry=Retry(ConstantBackoff(0.1), retries=100)) as client:
        client.ping()
    yield url
    server.terminate()
    server.wait(timeout=60)


@pytest.fixture
def _throttles_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an address may do a minute is not refilled while a test counts it, however long that takes."""
    from meetings.api.throttling import joins, logins, requests, tickets

    for throttle in (requests, joins, tickets, logins):
        monkeypatch.setattr(throttle, "_clock", lambda: 1_000.0)


@pytest.fixture
async def _no_leaked_tasks() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    leaked = [task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()]
    assert not leaked, f"tasks that nobody awaited: {leaked}"


@pytest.fixture(autouse=True)
def _guards(request: pytest.FixtureRequest) -> None:
    """Requested before the test's own fixtures, so it is torn down after them: what they start, they must end."""
    if inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        request.getfixturevalue("_no_leaked_tasks")

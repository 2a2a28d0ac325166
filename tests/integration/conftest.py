"""What integration tests share: a running node, empty storages, a recorded meeting. Modules may have others instead."""

from pathlib import Path

import numpy as np
import pytest
from django.core.cache import cache
from django.core.files.storage import FileSystemStorage
from pytest_django.fixtures import Settings

from meetings.access import Actor
from meetings.exports.storage import export_storage
from meetings.models import Meeting
from meetings.recordings.storage import recording_storage
from streaming.client.audio_files import audio_read
from streaming.recognizers.base import Float32
from tests.integration.made import host_made
from tests.integration.recorded import Speaking, meeting_recorded, speaking
from tests.nodes import NodeProcess
from tests.sockets import Api, silence


@pytest.fixture(autouse=True)
def _fresh_throttles() -> None:
    """What an address may do a minute is not used up by the tests before, all of which come from the same one."""
    cache.clear()


@pytest.fixture(scope="session")
def beckett(speech_samples: dict[str, Path]) -> Float32:
    """Ten seconds of real speech, and the silence after which an utterance ends."""
    return np.concatenate([audio_read(speech_samples["beckett"]), silence(1.5)])


@pytest.fixture(scope="session")
def token(running_node: NodeProcess) -> str:
    """An API token of a program on the running node, which may manage every meeting."""
    return running_node.manage("api_token", "a-program").strip()


@pytest.fixture(scope="session")
def two_cities(speech_samples: dict[str, Path]) -> Float32:
    return audio_read(speech_samples["two_cities"])


@pytest.fixture
def api(running_node: NodeProcess) -> Api:
    return Api(running_node.url)


@pytest.fixture
def storage(tmp_path: Path, settings: Settings) -> FileSystemStorage:
    """An empty storage of recordings, of this test alone."""
    options = {"location": str(tmp_path / "recordings")}
    settings.STORAGES = {
        **settings.STORAGES,
        "recordings": {"BACKEND": "meetings.recordings.storage.DurableFileSystemStorage", "OPTIONS": options},
    }
    found = recording_storage()
    assert isinstance(found, FileSystemStorage)
    return found


@pytest.fixture
def exports_storage(tmp_path: Path, settings: Settings) -> FileSystemStorage:
    """An empty storage of exports, of this test alone."""
    options = {"location": str(tmp_path / "exports")}
    backend = "meetings.recordings.storage.DurableFileSystemStorage"
    settings.STORAGES = {**settings.STORAGES, "exports": {"BACKEND": backend, "OPTIONS": options}}
    found = export_storage()
    assert isinstance(found, FileSystemStorage)
    return found


@pytest.fixture
def host() -> Actor:
    """Somebody with an account, who hosts meetings."""
    return host_made()


@pytest.fixture
def meeting(host: Actor, storage: FileSystemStorage) -> Meeting:
    """A meeting of `host` that is recorded. `storage` comes first: without it, sound would go elsewhere."""
    return meeting_recorded(actor=host)


@pytest.fixture
def ada(meeting: Meeting) -> Speaking:
    """Who speaks in `meeting`, and is recorded."""
    return speaking(meeting)

"""What the tests against a running node share."""

from pathlib import Path

import numpy as np
import pytest

from streaming.client.audio_files import audio_read
from streaming.recognizers.base import Float32
from tests.nodes import NodeProcess
from tests.sockets import Api, silence


@pytest.fixture(scope="session")
def beckett(speech_samples: dict[str, Path]) -> Float32:
    """Ten seconds of real speech, and the silence after which an utterance ends."""
    return np.concatenate([audio_read(speech_samples["beckett"]), silence(1.5)])


@pytest.fixture(scope="session")
def two_cities(speech_samples: dict[str, Path]) -> Float32:
    return audio_read(speech_samples["two_cities"])


@pytest.fixture
def api(running_node: NodeProcess) -> Api:
    return Api(running_node.url)

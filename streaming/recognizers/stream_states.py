"""Remember how far a model that hears as it goes has heard which utterance. Pure; the states themselves are opaque."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import numpy as np

from streaming.recognizers.base import Float32

MAX_STATES: Final = 32  # utterances that are open at once in one process; of a few hundred kilobytes each

State = TypeVar("State")


@dataclass(slots=True, kw_only=True)
class Heard(Generic[State]):
    """`state` has heard `n_samples`. It is handed out and given back: two utterances can never share it."""

    state: State
    n_samples: int = 0
    digest: "hashlib.blake2b" = field(default_factory=lambda: hashlib.blake2b(digest_size=16))

    def rest_of(self, audio: Float32) -> Float32:
        """What of `audio` is new. From here on it counts as heard."""
        rest = audio[self.n_samples :]
        self.digest.update(np.ascontiguousarray(rest, dtype=np.float32).data)
        self.n_samples += len(rest)
        return rest


class StreamStates(Generic[State]):
    """At most `max_states`; the one that was asked for longest ago is given up first, which costs time and no word.

    A name alone is not trusted: a state serves only audio that begins with the very samples that it has heard.
    """

    def __init__(self, max_states: int = MAX_STATES) -> None:
        self._max_states = max_states
        self._kept: OrderedDict[tuple[str, ...], Heard[State]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, key: tuple[str, ...], audio: Float32) -> Heard[State] | None:
        """The state kept under `key`, if it has heard the begin of `audio`; it is not kept any longer."""
        heard = self._kept.pop(key, None)
        if heard is None or heard.n_samples > len(audio):
            return None
        begin = np.ascontiguousarray(audio[: heard.n_samples], dtype=np.float32)
        is_same = hashlib.blake2b(begin.data, digest_size=16).digest() == heard.digest.digest()
        return heard if is_same else None

    def keep(self, key: tuple[str, ...], heard: Heard[State]) -> None:
        self._kept[key] = heard
        self._kept.move_to_end(key)
        while len(self._kept) > self._max_states:
            self._kept.popitem(last=False)

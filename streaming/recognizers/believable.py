"""Tell text that was said from text that a decoder invented for a noise. Pure.

Three things are known of an utterance: how much of it the voice detector takes for speech, how sure the decoder was of
its tokens, and how well the text compresses. Measured with the detector's own utterances (pre-roll and tail included):

                                                  speech share    Moonshine's confidence   Whisper's confidence
                                                  (least, 5 %)    (least, 5 %)             (least)
  121 utterances read, met, on the phone          0.00, 0.33      0.54, 0.61               0.45 (of 46)
  6 languages                                     0.78            -                        0.32 (Hindi), 0.45
  the same read softly (-34 dB), 56               0.00, 0.29      0.60, 0.64               -
  with a fan (0 dB) or music (5 dB), 103          0.03, 0.48      0.47, 0.52               -
  under the voices of eight others (0, 5 dB), 40  0.92, 0.94      0.42, 0.46               -
  noise that was taken for speech, with text      0.17 to 0.34    0.41, 0.42, 0.55         0.24
  voices from afar in a headset or a room, 3      0.09, 0.25      0.58, 0.66, 0.85         0.11, 0.16, 0.18
  cuts of eight voices at once, with text         0.00 to 1.00    0.60 (a loop)            0.10 to 0.35

Of 420 stretches of keyboard, hum, fan, breath, cough, music, beeps, dishes and rooms Moonshine makes text of three:
two of loud humming ("H. H.", "How? How?") and one of a cough ("Uh-huh"). What it gives with a confidence below 0.5 was
wrong in more than half of its words in every case; yet somebody spoke, so it is kept unless there is little speech too.
A short word said softly has a share of 0 and is right, so a small share alone proves nothing. Text of noise is short
and compresses like any other; only long loops do not.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from streaming.recognizers.base import Float32, Hypothesis
from streaming.recognizers.loops import loops_cut

SPEECH_PROBABILITY: Final = 0.5
LITTLE_SPEECH: Final = 0.35
MAX_COMPRESSION: Final = 2.4  # Whisper's own bound; nothing that was said above exceeds 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The least confidence that is believed, and the least where the voice detector found little speech."""

    least: float
    least_in_little_speech: float


# By the engine of a PreparedModel: their confidences differ (Moonshine's is the mean of its tokens' probabilities,
# Whisper's their geometric mean). Engines that are not here express no doubt that could be measured.
BOUNDS: Final[Mapping[str, Bounds]] = {
    "moonshine": Bounds(least=0.4, least_in_little_speech=0.57),
    "whisper": Bounds(least=0.3, least_in_little_speech=0.45),
}


def speech_share(probabilities: Float32) -> float:
    """How much of an utterance is speech, from the detector's probabilities of its windows; 1 where there are none."""
    return float(np.mean(probabilities > SPEECH_PROBABILITY)) if len(probabilities) else 1.0


def compression_ratio(text: str) -> float:
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 0.0


def is_believable(hypothesis: Hypothesis, *, engine: str, share: float = 1.0) -> bool:
    """`share` is the utterance's `speech_share`; without it only the confidence counts."""
    if compression_ratio(hypothesis.text) > MAX_COMPRESSION:
        return False
    if (bounds := BOUNDS.get(engine)) is None:
        return True
    return hypothesis.confidence >= (bounds.least_in_little_speech if share < LITTLE_SPEECH else bounds.least)


def believed(hypothesis: Hypothesis, *, engine: str, share: float = 1.0) -> Hypothesis:
    """What may be shown: without loops, and without any text if it is not believable."""
    cut = loops_cut(hypothesis)
    if not cut.text or is_believable(cut, engine=engine, share=share):
        return cut
    return replace(cut, text="", words=(), tokens=())

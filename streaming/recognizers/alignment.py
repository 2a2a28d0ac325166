"""When each token was spoken, from what a decoder looked at while it chose that token."""

from typing import Final

import numpy as np
import numpy.typing as npt

from streaming.recognizers.base import Float32

FLOOR: Final = 1e-3  # what is looked at less than this counts as not looked at
BEFORE_START: Final = 0.02  # so much of what a token looks at in its span lies before its start: silence, mostly


def token_times(alignment: Float32, frame_s: float) -> tuple[Float32, Float32]:
    """Starts and ends in seconds (n_tokens,); neither ever goes back, and no start lies behind its end.

    `alignment` (n_tokens, n_frames): row i is what the decoder looked at when it chose token i; so it came out for the
    token before. Give it the row of the end of the text too: it takes the silence behind the last word.
    Measured with Moonshine base: half of the starts and ends of words are within 0.04 s of those that people marked in
    a meeting, nine of ten within 0.3 s; for read speech, against the times of Whisper, 0.05 s and 0.2 s.
    """
    n_tokens, n_frames = alignment.shape
    if not n_tokens or not n_frames:
        return np.zeros(n_tokens, dtype=np.float32), np.zeros(n_tokens, dtype=np.float32)
    first, last = monotonic_spans(-np.log(alignment + np.float32(FLOOR)))
    frames = np.arange(n_frames)
    inside = (frames >= first[:, np.newaxis]) & (frames <= last[:, np.newaxis])
    heard = np.cumsum(np.where(inside, alignment, 0), axis=1)
    starts = np.clip((heard <= BEFORE_START * heard[:, -1:]).sum(axis=1), first, last)
    return starts.astype(np.float32) * np.float32(frame_s), (last + 1).astype(np.float32) * np.float32(frame_s)


def monotonic_spans(cost: Float32) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The cheapest way from the first to the last corner of `cost` (n_rows, n_columns), both at least 1.

    Returns the first and the last column of each row. A step goes to the next column, the next row, or both (dynamic
    time warping); the best way along the columns of a row is a running minimum, so that only rows are a loop.
    """
    n_rows, n_columns = cost.shape
    passed = np.cumsum(cost, axis=1)
    entries = np.full_like(cost, np.inf)  # of coming into a row at a column, as if that row had begun at column 0
    reached = np.empty_like(cost)
    entries[0, 0] = 0
    for row in range(n_rows):
        if row:
            entries[row, 0] = reached[row - 1, 0]
            np.minimum(reached[row - 1, 1:], reached[row - 1, :-1], out=entries[row, 1:])
            entries[row, 1:] -= passed[row, :-1]
        reached[row] = np.minimum.accumulate(entries[row]) + passed[row]
    first, last = np.empty(n_rows, dtype=np.int64), np.empty(n_rows, dtype=np.int64)
    column = n_columns - 1
    for row in range(n_rows - 1, -1, -1):
        last[row] = column
        column = first[row] = entries[row, : column + 1].argmin()
        if row and column and reached[row - 1, column - 1] <= reached[row - 1, column]:
            column -= 1
    return first, last

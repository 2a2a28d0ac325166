"""What the stored bytes of a session's loudness mean. Pure: standard library only."""

import math

BANDS_HZ = (100, 500, 1_200, 2_600, 6_500)  # a level is one byte for each band between these
N_BANDS = len(BANDS_HZ) - 1
NOT_HEARD = 0  # muted, lost, or not captured
FULL = 255  # 0 dBFS
STEPS_A_DB = 2


def loudness_dbfs(levels: bytes) -> float | None:
    """The mean power of so many 20 ms, those that were heard; None if none was."""
    powers = [10 ** ((level - FULL) / (10 * STEPS_A_DB)) for level in levels if level != NOT_HEARD]
    return 10 * math.log10(N_BANDS * sum(powers) / len(powers)) if powers else None

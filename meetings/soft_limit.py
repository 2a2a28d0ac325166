"""Keep a sum of voices within full scale: what is loud is bent, never cut off."""

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

KNEE = 0.7  # -3 dBFS; below it nothing changes


def soft_limit(samples: Float32) -> Float32:
    """Float32 of any shape and size to the same shape within (-1, 1); continuous, with a continuous slope."""
    sizes = np.abs(samples)
    if sizes.size == 0 or sizes.max() <= KNEE:
        return samples
    bent = KNEE + (1 - KNEE) * np.tanh((sizes - KNEE) / (1 - KNEE))
    within: Float32 = np.copysign(np.where(sizes <= KNEE, sizes, bent), samples).astype(np.float32)
    return within

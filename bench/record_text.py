"""Sentences as a large record would hold them: a few words are most of what is said, and most words are rare. Pure."""

from collections.abc import Iterator, Sequence

import numpy as np

N_WORDS = 30_000
REAL_SHARE = 0.1
FREQUENT = """
    the to and of a I that you it is in we for on this have be so but are not with what was as do at they if just there
    like about all can one or know think from right well up would then going time out get now because how when people
    here no yes which who see your my will them good more some really our were very been could an go two mean need
    where had make other say want back way into he me only work by has did also look than their us new next first
    should take point question meeting week year day thing something maybe actually team today last
"""
REAL = (
    "The annual budget was approved without a vote against it.",
    "I don't think that we can ship this before the end of the quarter.",
    "Could you say that again? The line was bad for a moment.",
    "Let's move on to the next item on the agenda.",
    "The contract with the hospital runs out in September.",
    "She asked whether the data protection officer had seen the report.",
    "Nous avons reçu trois réponses à notre appel d'offres.",
    "Der Vertrag wird um ein weiteres Jahr verlängert, wenn niemand kündigt.",
    "El presupuesto del año próximo todavía no está aprobado.",
    "明日の会議は十時に始まります。",
)
_SYLLABLES = "ba ce di fo gu ha ki lo mu na pe ri so tu va wen xil yor zan che ther ment sion ing ter al est"


def vocabulary() -> list[str]:
    """By rank: real words first, made-up ones behind them."""
    rng = np.random.default_rng(1)
    words = FREQUENT.split()
    syllables = _SYLLABLES.split()
    known = set(words)
    while len(words) < N_WORDS:
        made = "".join(syllables[each] for each in rng.integers(0, len(syllables), rng.integers(2, 5)))
        if made not in known:
            known.add(made)
            words.append(made)
    return words


def sentences(n_sentences: int, *, words: Sequence[str], seed: int) -> Iterator[str]:
    """Five to thirty words each, drawn by Zipf's law; some are real."""
    rng = np.random.default_rng(seed)
    shares = 1 / (np.arange(len(words)) + 2.7)
    lengths = rng.integers(5, 31, n_sentences)
    drawn = rng.choice(len(words), int(lengths.sum()), p=shares / shares.sum())
    is_real = rng.random(n_sentences) < REAL_SHARE
    start = 0
    for number, length in enumerate(lengths):
        chosen = drawn[start : start + length]
        start += length
        if is_real[number]:
            yield REAL[int(chosen[0]) % len(REAL)]
        else:
            text = " ".join(words[each] for each in chosen)
            yield f"{text[0].upper()}{text[1:]}."

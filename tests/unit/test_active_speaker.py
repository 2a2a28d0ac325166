"""Who leads is the loudest, does not flicker between words, and is nobody in silence."""

from streaming.active_speaker import HELD_BLOCKS, TURNS_AFTER_BLOCKS, ActiveSpeaker

LOUD, SOFT, SILENT = 0.01, 0.001, 0.0


def test_the_loudest_leads() -> None:
    assert ActiveSpeaker().update({"ada": LOUD, "ben": SOFT}) == "ada"


def test_a_short_word_of_another_takes_no_lead_and_a_sentence_does() -> None:
    speakers = ActiveSpeaker()
    speakers.update({"ada": SOFT, "ben": SILENT})
    leads = [speakers.update({"ada": SOFT, "ben": LOUD}) for _ in range(TURNS_AFTER_BLOCKS // 2)]
    assert set(leads) == {"ada"}
    leads = [speakers.update({"ada": SOFT, "ben": LOUD}) for _ in range(4 * TURNS_AFTER_BLOCKS)]
    assert leads[-1] == "ben"


def test_equal_voices_do_not_take_the_lead_from_each_other() -> None:
    speakers = ActiveSpeaker()
    speakers.update({"ada": LOUD, "ben": SILENT})
    assert {speakers.update({"ada": LOUD, "ben": 1.3 * LOUD}) for _ in range(200)} == {"ada"}


def test_a_pause_keeps_the_lead_and_silence_ends_it() -> None:
    speakers = ActiveSpeaker()
    for _ in range(10):
        speakers.update({"ada": LOUD})
    assert {speakers.update({"ada": SILENT}) for _ in range(HELD_BLOCKS)} == {"ada"}
    for _ in range(2 * HELD_BLOCKS):
        speakers.update({"ada": SILENT})
    assert speakers.update({}) is None

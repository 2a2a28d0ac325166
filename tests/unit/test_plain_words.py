"""What counts as a word when two hearings are compared, in whatever script."""

from hypothesis import given
from hypothesis import strategies as st

from meetings.plain_words import plain_words


def test_case_and_marks_are_no_words() -> None:
    assert plain_words("Well — it's “Ada’s”, isn't it? 3rd") == ["well", "it's", "ada’s", "isn't", "it", "3rd"]


def test_vowel_signs_belong_to_their_letters() -> None:
    """Without them काम (work) and कम (less) would be the same."""
    assert plain_words("लूना का काम।") == ["लूना", "का", "काम"]


def test_signs_of_scripts_without_spaces_are_apart_and_other_words_between_them_whole() -> None:
    assert plain_words("今日はGPUです。") == ["今", "日", "は", "gpu", "で", "す"]
    assert "".join(plain_words("ประชุม")) == "ประชุม"


def test_an_accent_is_the_same_however_it_is_written() -> None:
    assert plain_words("e\u0301tat") == plain_words("état") == ["état"]


@given(st.text(alphabet="ab'’ é会の-. ं"))
def test_the_parts_of_a_text_have_the_words_of_the_whole(text: str) -> None:
    assert [each for part in text.split() for each in plain_words(part)] == plain_words(text)

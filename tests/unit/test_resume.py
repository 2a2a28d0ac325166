"""A resume token fits its own session only."""

from uuid import uuid4

from pytest_django import Settings

from meetings.services.resume import resume_token, resume_token_is_valid


def test_a_token_fits_its_own_session_only() -> None:
    mine, other = uuid4(), uuid4()
    assert resume_token_is_valid(mine, resume_token(mine))
    for token in (resume_token(other), "", resume_token(mine)[:-1], f"{mine}:{resume_token(mine)}", "é"):
        assert not resume_token_is_valid(mine, token)


def test_rotating_the_key_drops_nobody(settings: Settings) -> None:
    session_id = uuid4()
    token = resume_token(session_id)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-0123456789"
    assert resume_token_is_valid(session_id, token)
    settings.SECRET_KEY_FALLBACKS = []
    assert not resume_token_is_valid(session_id, token)

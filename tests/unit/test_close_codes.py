"""Every error that can close a stream has a close code with a documented client action that fits it."""

import pytest

from streaming import errors
from streaming.protocol.codes import CLOSE_ACTIONS, CloseAction, close_action


def error_classes() -> list[type[errors.StreamError]]:
    found = [errors.StreamError]
    for each in found:
        found.extend(each.__subclasses__())
    return found


@pytest.mark.parametrize("error", error_classes())
def test_clients_resume_after_retryable_errors_and_only_after_those(error: type[errors.StreamError]) -> None:
    action = CLOSE_ACTIONS[error.close_code]
    assert error.retryable == (action is CloseAction.RESUME) or error is errors.StreamError


def test_codes_name_one_error_each() -> None:
    codes = [error.code for error in error_classes()[1:]]
    assert len(codes) == len(set(codes))


def test_close_codes_may_be_sent_in_a_close_frame() -> None:
    assert all(4000 <= error.close_code <= 4999 for error in error_classes())


def test_a_network_code_that_we_do_not_know_resumes_and_an_application_code_stops() -> None:
    assert close_action(1012) is CloseAction.RESUME
    assert close_action(4999) is CloseAction.STOP
    assert close_action(4401) is CloseAction.NEW_TICKET
    assert close_action(4404) is CloseAction.NEW_SESSION


def test_a_problem_holds_code_title_and_detail() -> None:
    problem = errors.WrongRate("the rate was another").as_problem()
    assert problem["code"] == "wrong_rate"
    assert problem["detail"] == "the rate was another"
    assert errors.WrongRate().as_problem()["detail"] == errors.WrongRate.title

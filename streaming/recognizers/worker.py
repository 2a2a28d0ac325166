"""The recognizer process: loads its models, then answers one request after the other on its standard streams.

Started by `process.py` as `python -m streaming.recognizers.worker`. It ends as soon as its standard input does,
also in the middle of a decode, so it cannot outlive the server that started it.
"""

import argparse
import os
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from streaming.recognizers.base import Recognizer, RecognizerError
from streaming.recognizers.wire import Answer, Request, WireError, answer_pack, request_read


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the server decides when we end
    answers = _take_stdout()
    arguments = _arguments()
    os.nice(arguments.nice)
    requests: queue.Queue[Request] = queue.Queue(maxsize=1)
    # A thread of its own, so that the end of the input is noticed while the model is loading or decoding.
    threading.Thread(target=_read, args=(sys.stdin.buffer, requests), daemon=True).start()
    try:
        recognizer = _load(arguments)
    except RecognizerError as problem:
        _write(answers, Answer(id=0, error_code=problem.code, error_text=str(problem)))
        return 1
    _write(answers, Answer(id=0, languages=recognizer.languages))
    while True:
        _write(answers, _answer(recognizer, requests.get()))


def _take_stdout() -> BinaryIO:
    """Keep standard output for answers; whatever a library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--model",
        action="append",
        nargs=4,
        required=True,
        metavar=("NAME", "ENGINE", "DIRECTORY", "LANGUAGES"),
        help="LANGUAGES are codes joined by commas; repeated in the order of preference",
    )
    parser.add_argument("--nice", type=int, default=0, help="how far behind everything else, 0 to 19")
    return parser.parse_args()


def _load(arguments: argparse.Namespace) -> Recognizer:
    from streaming.recognizers.several import SeveralModels  # heavy: signals and streams are set up before
    from streaming.speech_models.prepared import PreparedModel

    return SeveralModels(
        [
            PreparedModel(name=name, engine=engine, path=Path(directory), languages=tuple(languages.split(",")))
            for name, engine, directory, languages in arguments.model
        ]
    )


def _read(stream: BinaryIO, requests: "queue.Queue[Request]") -> None:
    try:
        while (request := request_read(stream)) is not None:
            requests.put(request)
    except WireError:
        os._exit(2)
    os._exit(0)


def _answer(recognizer: Recognizer, request: Request) -> Answer:
    try:
        hypothesis = recognizer.transcribe(request.audio, request.options)
    except RecognizerError as problem:
        return Answer(id=request.id, error_code=problem.code, error_text=str(problem))
    except Exception as problem:  # noqa: BLE001  one utterance must not cost the process: the border is here
        text = f"The recognizer failed ({type(problem).__name__})."
        return Answer(id=request.id, error_code="recognizer_crashed", error_text=text)
    return Answer(id=request.id, hypothesis=hypothesis)


def _write(answers: BinaryIO, answer: Answer) -> None:
    try:
        answers.write(answer_pack(answer))
        answers.flush()
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())

"""One recognizer process as the server sees it: started, asked, given up, closed."""

import asyncio
import itertools
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from pathlib import Path
from typing import Final

from streaming.recognizers.base import (
    DecodeOptions,
    Float32,
    Hypothesis,
    LanguageUnsupported,
    ModelCorrupt,
    ModelMissing,
    RecognizerCrashed,
    RecognizerError,
    RecognizerTimeout,
)
from streaming.recognizers.canary import canary_load
from streaming.recognizers.wire import Answer, AnswerParser, Request, WireError, request_pack
from streaming.speech_models.prepared import PreparedModel, model_for
from streaming.tasks import TaskScope

logger = logging.getLogger(__name__)

PROJECT_DIR: Final = Path(__file__).resolve().parents[2]
START_TIMEOUT_S: Final = 120.0
LOAD_TIMEOUT_S: Final = (
    60.0  # more for the request that makes the child load another model: seconds, but of a busy disk
)
CLOSE_TIMEOUT_S: Final = 2.0
READ_BYTES: Final = 1 << 16
MAX_UNANSWERED: Final = 2  # callers that went away leave work behind; beyond this a fresh process is quicker
ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
ERRORS: Final[dict[str, type[RecognizerError]]] = {
    kind.code: kind for kind in (RecognizerCrashed, LanguageUnsupported, ModelMissing, ModelCorrupt)
}


class RecognizerProcess:
    """A child process that holds models, preferred ones first. One request at a time; a second caller waits for it.

    Requests are numbered. A caller may be cancelled while the child decodes: its answer is dropped when it comes and
    can never be taken for the next caller's. A request that runs out of time costs the process its life, because
    nothing else stops a decode; `is_alive` is False from that moment.

    The first request that needs another model than the first one makes the child load it, and is given time for that.
    """

    def __init__(
        self, model: PreparedModel, *others: PreparedModel, name: str = "recognizer", niceness: int = 0
    ) -> None:
        """`niceness`: how far behind everything else on the machine it stands, 0 to 19."""
        self._model = model
        self._models = (model, *others)
        self._loaded = {model}
        self._name = name
        self._niceness = niceness
        self._child: Process | None = None
        self._is_given_up = False
        self._languages: tuple[str, ...] = ()
        self._parser = AnswerParser()
        self._answers: deque[Answer] = deque()
        self._ids = itertools.count(1)
        self._n_unanswered = 0
        self._turn = asyncio.Lock()
        self._scope = TaskScope(name)
        self._last_line = ""

    @property
    def pid(self) -> int | None:
        return None if self._child is None else self._child.pid

    @property
    def is_alive(self) -> bool:
        return self._child is not None and self._child.returncode is None and not self._is_given_up

    @property
    def languages(self) -> tuple[str, ...]:
        """As the models say; empty before `start`."""
        return self._languages

    async def start(self, *, timeout_s: float = START_TIMEOUT_S) -> None:
        """Load the first model and decode known speech once, which also warms it up.

        Raises ModelMissing, ModelCorrupt, RecognizerCrashed, RecognizerTimeout; no process is left behind then.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._launch()
                ready = await self._answer_to(0)
                self._raise_for(ready)
                self._languages = ready.languages
                await self._prove()
        except TimeoutError:
            await self.close()
            raise RecognizerTimeout(f"The speech model {self._model.name} did not load in time.") from None
        except BaseException:
            await self.close()
            raise

    async def transcribe(self, audio: Float32, options: DecodeOptions, *, timeout_s: float = 60.0) -> Hypothesis:
        """Raises RecognizerCrashed, RecognizerTimeout (it is not alive after this one), LanguageUnsupported."""
        model = model_for(self._models, options.language)
        if model is not None and model not in self._loaded:
            timeout_s += LOAD_TIMEOUT_S
        try:
            async with asyncio.timeout(timeout_s), self._turn:
                hypothesis = await self._ask(audio, options)
        except TimeoutError:
            self._give_up()
            raise RecognizerTimeout("The recognizer did not answer in time.") from None
        if model is not None:
            self._loaded.add(model)
        return hypothesis

    async def wait(self) -> None:
        """Until the child has ended, for whatever reason."""
        if self._child is not None:
            await self._child.wait()

    async def close(self) -> None:
        """End the child and wait for its end. May be called at any time, more than once."""
        child = self._child
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await child.wait()
        except TimeoutError:
            pass
        finally:
            self._give_up()
        await child.wait()
        await self._scope.close()

    async def _launch(self) -> None:
        models = [("--model", m.name, m.engine, str(m.path), ",".join(m.languages)) for m in self._models]
        try:
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "streaming.recognizers.worker", *itertools.chain.from_iterable(models)),
                *("--nice", str(self._niceness)),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                cwd=PROJECT_DIR,
                env=os.environ | ONE_THREAD,
            )
        except OSError as problem:  # no memory, no process or no file is left at the moment
            raise RecognizerCrashed(f"No recognizer process can be started ({problem.strerror}).") from problem
        self._scope.spawn(self._log_stderr(self._child), name="stderr")

    async def _prove(self) -> None:
        canary = canary_load(self._model)
        hypothesis = await self._ask(canary.audio, canary.options)
        if not canary.is_heard_in(hypothesis.text):
            raise ModelCorrupt(f"The speech model {self._model.name} does not understand known speech.")

    async def _ask(self, audio: Float32, options: DecodeOptions) -> Hypothesis:
        if self._n_unanswered >= MAX_UNANSWERED:
            self._give_up()
        if self._child is None or self._child.stdin is None or not self.is_alive:
            raise RecognizerCrashed("The recognizer process is not running.")
        request = Request(id=next(self._ids), audio=audio, options=options)
        self._child.stdin.write(request_pack(request))
        self._n_unanswered += 1
        try:
            await self._child.stdin.drain()
        except ConnectionError:
            raise await self._crash() from None
        answer = await self._answer_to(request.id)
        self._raise_for(answer)
        if answer.hypothesis is None:
            self._give_up()
            raise RecognizerCrashed("The recognizer process answered nonsense.")
        return answer.hypothesis

    async def _answer_to(self, request_id: int) -> Answer:
        """Cancelling this loses nothing: bytes leave the pipe only together with their way into the parser."""
        while True:
            while self._answers:
                answer = self._answers.popleft()
                self._n_unanswered -= answer.id > 0
                if answer.id == request_id:
                    return answer
            data = await self._read()
            try:
                self._answers.extend(self._parser.feed(data))
            except WireError:
                self._give_up()
                raise RecognizerCrashed("The recognizer process answered nonsense.") from None

    async def _read(self) -> bytes:
        if self._child is None or self._child.stdout is None:
            raise RecognizerCrashed("The recognizer process is not running.")
        data = await self._child.stdout.read(READ_BYTES)
        if not data:
            raise await self._crash()
        return data

    async def _crash(self) -> RecognizerCrashed:
        """The child closed its side: say how it ended."""
        self._give_up()
        await self.wait()
        status = self._child.returncode if self._child else None
        said = f": {self._last_line}" if self._last_line else ""
        return RecognizerCrashed(f"The recognizer process ended (status {status}){said}.")

    def _give_up(self) -> None:
        self._is_given_up = True
        if self._child is not None and self._child.returncode is None:
            try:
                self._child.kill()
            except ProcessLookupError:
                pass

    def _raise_for(self, answer: Answer) -> None:
        if answer.error_code:
            raise ERRORS.get(answer.error_code, RecognizerCrashed)(answer.error_text)

    async def _log_stderr(self, child: Process) -> None:
        """Keep the pipe empty. Only libraries write here; recognized text never does."""
        rest = b""
        while child.stderr is not None and (data := await child.stderr.read(READ_BYTES)):
            *lines, rest = (rest + data).split(b"\n")
            rest = rest[-READ_BYTES:]
            for line in filter(None, (line.decode(errors="replace").strip() for line in lines)):
                self._last_line = line[:300].rstrip(".")
                logger.debug("recognizer process: %s", line[:1000], extra={"recognizer": self._name})

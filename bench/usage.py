"""What a process and its children use."""

from dataclasses import dataclass

import psutil

RECOGNIZER = "streaming.recognizers.worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cpu:
    """CPU seconds of the web node and of its recognizers, since they began or between two moments."""

    web_s: float
    recognizers_s: float

    @property
    def total_s(self) -> float:
        return self.web_s + self.recognizers_s

    def __sub__(self, before: "Cpu") -> "Cpu":
        return Cpu(web_s=self.web_s - before.web_s, recognizers_s=self.recognizers_s - before.recognizers_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Memory by kind of process, shared pages counted once; files and threads of the web node itself."""

    web_mib: float
    recognizers_mib: float
    n_fds: int
    n_threads: int


def recognizers_of(pid: int) -> list[psutil.Process]:
    """The recognizer processes of a web node."""
    children = psutil.Process(pid).children(recursive=True)
    return [child for child in children if RECOGNIZER in child.cmdline()]


def cpu_of(pid: int) -> Cpu:
    return Cpu(web_s=_cpu_s(psutil.Process(pid)), recognizers_s=sum(map(_cpu_s, recognizers_of(pid))))


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def held_by(pid: int) -> Held:
    web = psutil.Process(pid)
    return Held(
        web_mib=web.memory_full_info().pss / 2**20,
        recognizers_mib=sum(each.memory_full_info().pss for each in recognizers_of(pid)) / 2**20,
        n_fds=web.num_fds(),
        n_threads=web.num_threads(),
    )

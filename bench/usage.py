"""What a process and its children use."""

from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """`memory_mib` counts shared pages once (proportional set size)."""

    cpu_s: float
    memory_mib: float


def usage_of(pid: int) -> Usage:
    root = psutil.Process(pid)
    processes = [root, *root.children(recursive=True)]
    times = [process.cpu_times() for process in processes]
    return Usage(
        cpu_s=sum(each.user + each.system for each in times),
        memory_mib=sum(process.memory_full_info().pss for process in processes) / 2**20,
    )

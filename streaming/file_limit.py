"""How many connections a process can hold: never more than its open files allow, so that those inside live on."""

import resource
from dataclasses import dataclass

SPARE_FILES = 256  # database threads, recognizer processes, logs
FILES_PER_SOCKET = 1  # a WebSocket, once it is one
FILES_PER_REQUEST = 4  # any other connection: itself and, while a request of it is answered, one to SQLite
ENDLESS_FILES = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBudget:
    """`n_files` may be open for the sake of connections, of which there may be `most_connections`."""

    n_files: int
    most_connections: int

    def has_room(self, *, n_connections: int, n_sockets: int) -> bool:
        """Whether one more may come while so many are here, `n_sockets` of them WebSockets."""
        if n_connections == 0:
            return True
        n_taken = FILES_PER_SOCKET * n_sockets + FILES_PER_REQUEST * (n_connections - n_sockets)
        return n_connections < self.most_connections and n_taken + FILES_PER_REQUEST <= self.n_files


def file_budget(*, wanted: int) -> FileBudget:
    """Let this process open the files that `wanted` connections may need, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = SPARE_FILES + FILES_PER_REQUEST * wanted
    if soft != resource.RLIM_INFINITY and soft < needed:
        raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
        except (OSError, ValueError):  # macOS allows less than it says
            pass
    return budget_within(n_files=ENDLESS_FILES if soft == resource.RLIM_INFINITY else soft, wanted=wanted)


def budget_within(*, n_files: int, wanted: int) -> FileBudget:
    return FileBudget(n_files=n_files - min(SPARE_FILES, n_files // 2), most_connections=wanted)

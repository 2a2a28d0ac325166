"""How many connections a process can hold: never more than its open files allow, so that those inside live on."""

import resource

SPARE_FILES = 256  # database threads, recognizer processes, logs
FILES_PER_CONNECTION = 4  # its socket and, while a request of it is answered, a connection to SQLite


def connections_most(*, wanted: int) -> int:
    """Let this process open the files that `wanted` connections need, as far as it may; how many it can then hold."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = SPARE_FILES + FILES_PER_CONNECTION * wanted
    if soft != resource.RLIM_INFINITY and soft < needed:
        raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
        except (OSError, ValueError):  # macOS allows less than it says
            pass
    return wanted if soft == resource.RLIM_INFINITY else connections_within(n_files=soft, wanted=wanted)


def connections_within(*, n_files: int, wanted: int) -> int:
    spare = min(SPARE_FILES, n_files // 2)
    return max(1, min(wanted, (n_files - spare) // FILES_PER_CONNECTION))

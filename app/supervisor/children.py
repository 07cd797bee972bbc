"""Child processes that never outlive the supervisor, however it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from app.supervisor.failures import SupervisorFailed


def spawn(
    command: Sequence[str],
    *,
    parting_signal: signal.Signals,
    output: int | IO[bytes],
    prefix: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a command that the kernel sends `parting_signal` when this process dies, even by -9.

    Call it from a thread that lives as long as the supervisor: the kernel watches that thread.
    The child is outside our process group, so that Ctrl-C reaches only us and we choose the order.
    `prefix` changes who the child is; it comes first, as the kernel forgets the signal at a change.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise SupervisorFailed("The command setpriv (Debian package util-linux) is missing.")
    return subprocess.Popen(
        [*prefix, setpriv, "--pdeathsig", parting_signal.name.removeprefix("SIG"), "--", *command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=environment,
        cwd=folder,
        process_group=0,
    )


def end(process: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> None:
    """Sends each signal and waits its seconds until the process has ended; SIGKILL comes last."""
    for number, seconds in steps:
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    if process.poll() is None:
        process.kill()
        process.wait()


def end_leftover(pid_file: Path, folder: Path, number: signal.Signals, seconds: float) -> None:
    """Ends the server that an earlier supervisor left in `folder`; drops a pid file nobody owns.

    Pids are used again (always so in containers), so its command line must name the folder, too.
    Raises SupervisorFailed when the process is still there after `seconds`.
    """
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    if _was_started_on(pid, folder):
        _send(pid, number)
        deadline = time.monotonic() + seconds
        while _was_started_on(pid, folder):
            if time.monotonic() > deadline:
                raise SupervisorFailed(f"Process {pid} still uses {folder} and does not end.")
            time.sleep(0.02)
    pid_file.unlink(missing_ok=True)


def descendants(pid: int) -> set[tuple[int, str]]:
    """All processes below `pid`, each with its start time, because pids are used again."""
    children: dict[int, list[tuple[int, str]]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (stat := _stat(int(folder.name))):
            children.setdefault(int(stat[1]), []).append((int(folder.name), stat[19]))
    found: set[tuple[int, str]] = set()
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting.extend(child for child, _ in below)
    return found


def kill_strays(strays: set[tuple[int, str]]) -> None:
    """Kills those of the noted processes that are still the same processes."""
    for pid, started in strays:
        stat = _stat(pid)
        if stat and stat[19] == started:
            _send(pid, signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
    except PermissionError as error:
        raise SupervisorFailed(f"Process {pid} belongs to somebody else; end it first.") from error


def _was_started_on(pid: int, folder: Path) -> bool:
    stat = _stat(pid)
    if stat is None or stat[0] == "Z":
        return False
    # Anybody may read the command line, while a working folder is hidden from root in containers.
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(folder) in arguments


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the command's name: state, parent, …"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None

"""Named processes: readiness, logs by name, an end in reverse order, and nobody left behind."""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path

import pytest

from app.supervisor import Ended, Processes, SupervisorFailed

SERVER = """
import http.server, sys, time
time.sleep(0.2)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer)
print("listening", flush=True)
server.serve_forever()
"""
SAY_AND_SLEEP = "import time; print('hello from', __name__, flush=True); time.sleep(600)"
TELL_THE_END = """
import signal, sys, time
def end(*_):
    print(sys.argv[1], "ends", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(600)
"""


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "processes.log"


def says(log: Path, words: str) -> bool:
    return log.exists() and words in log.read_text()


def test_a_process_is_ready_when_its_address_answers(log: Path, free_port: int) -> None:
    with Processes(log) as processes:
        url = f"http://127.0.0.1:{free_port}/healthz"
        pid = processes.start("web", python(SERVER, str(free_port)), ready=url, seconds=20)
        assert processes.pid("web") == pid


def test_a_process_that_ends_before_it_is_ready_is_named_with_its_last_words(log: Path) -> None:
    with (
        Processes(log) as processes,
        pytest.raises(SupervisorFailed, match=r"(?s)web ended with code 3.*no database"),
    ):
        code = "import sys; print('no database'); sys.exit(3)"
        processes.start("web", python(code), ready=lambda: False)


def test_a_process_that_is_never_ready_is_given_up(log: Path) -> None:
    with (
        Processes(log) as processes,
        pytest.raises(SupervisorFailed, match=r"web was not ready after 0\.3 s"),
    ):
        processes.start("web", python(SAY_AND_SLEEP), ready=lambda: False, seconds=0.3)


def test_every_line_carries_the_name_of_who_said_it(log: Path) -> None:
    terminal = io.StringIO()
    with Processes(log, terminal=terminal) as processes:
        processes.start("worker", python(SAY_AND_SLEEP), ready=lambda: says(log, "hello"))
    assert log.read_text() == terminal.getvalue() == "    worker | hello from __main__\n"


def test_a_process_gets_our_environment_and_what_is_added(log: Path) -> None:
    code = "import os, time; print(os.environ['PATH'] != '', os.environ['ADDED']); time.sleep(600)"
    with Processes(log) as processes:
        processes.start(
            "web", python(code), environment={"ADDED": "yes"}, ready=lambda: says(log, "True yes")
        )


def test_a_process_that_ends_by_itself_is_named(log: Path) -> None:
    with Processes(log) as processes:
        processes.start("web", python(SAY_AND_SLEEP))
        assert processes.wait(0.2) is None
        processes.start("clock", python("import sys; sys.exit(7)"))
        assert processes.wait(20) == Ended("clock", 7)


def test_the_last_started_is_ended_first(log: Path) -> None:
    with Processes(log) as processes:
        for name in ("first", "second", "third"):
            processes.start(
                name, python(TELL_THE_END, name), ready=lambda name=name: says(log, f"{name} | up")
            )
    lines = log.read_text().splitlines()
    assert [line.split()[-2] for line in lines if line.endswith("ends")] == [
        "third",
        "second",
        "first",
    ]


def test_one_process_can_be_ended_and_its_name_used_again(log: Path) -> None:
    with Processes(log) as processes:
        first = processes.start("worker", python(SAY_AND_SLEEP))
        processes.end("worker")
        second = processes.start("worker", python(SAY_AND_SLEEP))
        assert processes.pid("worker") == second != first
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)


def test_who_ignores_the_end_is_killed_with_all_it_started(log: Path) -> None:
    stubborn = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import os, time; os.setsid();"
        " time.sleep(600)'])\n"
        "print('child', child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with Processes(log, patience=0.3) as processes:
        processes.start("stubborn", python(stubborn), ready=lambda: says(log, "child"))
        child = int(log.read_text().split()[-1])
        before = time.monotonic()
    assert time.monotonic() - before < 5
    deadline = time.monotonic() + 2
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _running(child)


def _running(pid: int) -> bool:
    """Whether the process does anything; one that nobody collects is dead all the same."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

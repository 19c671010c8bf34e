"""A desk as people start it: a process of its own, on a free port."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["desk_process", "served"]


def desk_process(out: Path, *arguments: str) -> subprocess.Popen[str]:
    """``afterlore brief review`` over the folder."""
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "afterlore.app",
        "brief",
        "review",
        str(out),
        "--no-open",
        *arguments,
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)


@contextmanager
def served(out: Path, day: str) -> Iterator[str]:
    """The address of a running desk, with a slash at its end. It must end well when it is interrupted."""
    process = desk_process(out, "--date", day, "--port", "0")
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", said)
        assert found, said or process.communicate()[1]
        yield found[0]
    except BaseException:
        process.kill()
        process.wait()
        raise
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")

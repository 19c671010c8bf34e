"""A run that is killed at any moment goes on to the same end, and does nothing twice that was done."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL and no fork")
def test_killed_before_and_after_every_event(tmp_path: Path) -> None:
    words = [sys.executable, "-W", "error", str(HERE / "killed_run.py"), str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    whole, killed = told["whole"], told["killed"]
    assert whole["outcome"] == {"kind": "terminated", "answer": "Ada 2"}
    assert whole["evidence"][0]["quotes"][0]["status"] == "quote-verified"
    assert any(step["failure"] and step["failure"]["kind"] == "context_overflow" for step in whole["steps"])
    statuses = [result["status"] for step in whole["steps"] for result in step["results"]]
    assert {"ok", "retried", "denied"} <= set(statuses)
    assert len(killed) == 2 * len(whole["events"]) > 50
    for moment, end in killed.items():
        for part in ("steps", "outcome", "evidence"):
            assert end[part] == whole[part], (moment, part)
        assert end["attempts"] in (whole["attempts"], whole["attempts"] + 1), moment
        made = Counter(end["made"])
        # What was under way and not yet on record is made again; what was on record never.
        assert {line: made[line] for line in end["completed"]} == dict.fromkeys(end["completed"], 1), moment
        assert made.keys() == set(whole["made"]), moment
    assert max(len(end["completed"]) for end in killed.values()) == len(whole["made"]) - 1  # one page never answers

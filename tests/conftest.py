"""No test reaches the network beyond loopback (pytest-socket, see pyproject.toml) or the user's home."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from browser import browser, page

__all__ = ["ROOT", "SHARED", "browser", "page", "shared"]

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"

# A shell starts what it puts in the background with Ctrl-C ignored, and children inherit that: tests that stop a
# process with it would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A machine that does other work besides must not fail a law.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Home and the platform's folders lie in the test's own folder; settings of the machine are not seen."""
    home = tmp_path / "home"
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(home))
    for variable in [name for name in os.environ if name.startswith("AFTERLORE_")]:
        monkeypatch.delenv(variable)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The evaluation data, which never ships; tests that need it skip when it is not there."""
    if not SHARED.is_dir():
        pytest.skip("the evaluation data is not at hand (../shared/data)")
    return SHARED

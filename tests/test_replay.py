"""The replay page: it tells why the answer is believed, to everybody, and what a page wrote stays text in it."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from afterlore.app.cli import run
from afterlore.journal import Runs
from afterlore.llm.scripted import ScriptedEndpoint, Turn, call, in_turn
from browser import serious
from test_loop_ask import CORPUS, QUESTION, configured, start

pytestmark = pytest.mark.xdist_group("page")
OFFLINE = [QUESTION, "--corpus", CORPUS, "--model", "scripted"]
HOSTILE = "The ferry leaves at ten. <script>document.title='owned'</script><img src=x onerror=alert(1)> It is white."


def ask(data: Path, *words: str, environment: dict[str, str] | None = None, code: int = 0) -> dict[str, Any]:
    """In a process of its own: the browser's driver has an event loop in this one."""
    with start(data, environment or {}, *words, "--json") as process:
        out, error = process.communicate(timeout=60)
    assert process.returncode == code, error
    read: dict[str, Any] = json.loads(out)
    return read


def replay(data: Path, id: str) -> Path:
    out = data / "page.html"
    assert run(["runs", "replay", id, "--data-dir", str(data), "--out", str(out)]) == 0
    return out


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_it_shows_why_the_answer_is_believed(capsys: pytest.CaptureFixture[str], data: Path, browser: Browser) -> None:
    result = ask(data, *OFFLINE, "--rounds", "4", "--budget", "calls=40,depth=3")
    out = replay(data, result["run"])
    assert capsys.readouterr().out.strip() == str(out)
    for scheme in ("light", "dark"):
        with browser.new_context(color_scheme=scheme, viewport={"width": 1100, "height": 900}) as context:
            page = context.new_page()
            page.goto(out.as_uri())
            page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            assert serious(page) == []
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(out.as_uri())
        expect(page.locator("h1")).to_have_text(QUESTION)
        expect(page.locator(".answer")).to_have_text("Oskerry")
        assert "covered" in page.locator(".why").inner_text()
        # Each quote as it stands in its page, with what stands around it.
        quotes = [one["quote"] for one in result["evidence"]]
        reasons = page.locator("section[aria-labelledby=evidence]")
        assert sorted(reasons.locator("mark").all_inner_texts()) == sorted(quotes)
        assert "Ilse Quandt is an engineer. She was born in" in reasons.inner_text()
        assert reasons.locator(".status").all_inner_texts() == ["quote-verified"] * 3
        rounds = page.locator("section.round")
        assert rounds.count() == result["rounds"] == 2
        assert "The model wrote what it adds" in rounds.nth(0).inner_text()
        assert "where “born” leads: open" in rounds.nth(0).inner_text()
        cells = rounds.nth(1).locator("tbody tr td:nth-child(2) .verdict")
        assert [text.split()[-1] for text in cells.all_inner_texts()] == ["supports"] * 3
        for link in page.locator("a[href^='#']:not(.skip)").all():
            assert page.locator(f"[id='{str(link.get_attribute('href'))[1:]}']").count() == 1
        assert page.locator(".charts svg polyline").count() == 2
        assert f"requests: {result['usage']['attempts']} of 40" in page.locator(".charts").inner_text()


def test_one_run_is_replayed_too(data: Path, browser: Browser) -> None:
    result = ask(data, *OFFLINE)
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(replay(data, result["run"]).as_uri())
        expect(page.locator(".answer")).to_have_text("Oskerry")
        assert page.locator("section[aria-labelledby=evidence] mark").count() == len(result["evidence"]) == 3
        page.get_by_text("Step by step").click()
        assert page.locator(".steps .call").count() >= 4
    none = ask(data, *OFFLINE, "--budget", "calls=0", code=3)
    with Runs(data / "runs.sqlite") as runs:
        assert runs.find(none["run"]).events
    text = replay(data, none["run"]).read_text(encoding="utf-8")
    assert "No answer" in text
    assert "The budget of calls was used up" in text


def test_what_a_page_or_a_model_wrote_stays_text(data: Path, tmp_path: Path, browser: Browser) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "ferry.txt").write_text(HOSTILE, encoding="utf-8")
    address = "ctx://resources/corpus/ferry.txt"
    quote = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
    update = {
        "constraints": ["</td><b>it</b> leaves"],
        "evidence": [{"key": "n1", "claim": "<i>when</i>", "quote": quote, "address": address}],
        "cells": [{"candidate": "<u>ten</u>", "constraint": "</td><b>it</b> leaves", "verdict": "supports"}],
        "plan": ["\u202e<svg onload=alert(1)>"],
    }
    update["cells"][0]["evidence"] = ["n1"]  # type: ignore[index]
    part = [
        Turn(calls=(call("search", queries=["ferry <b>"]),)),
        Turn("<script>thought</script>", calls=(call("visit", urls=[address, "javascript:alert(1)"]),)),
        Turn(calls=(call("answer", answer="<u>ten</u>", evidence=[{"address": address, "quote": quote}]),)),
        Turn(json.dumps(update)),
    ]
    with ScriptedEndpoint(in_turn(part)) as endpoint:
        words = ["<h1>When?</h1>", "--corpus", str(corpus), "--rounds", "2"]
        result = ask(data, *words, environment=configured(endpoint.base_url))
    assert result["stop_reason"] == "answered"
    with browser.new_context() as context:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(replay(data, result["run"]).as_uri())
        assert page.title() == "Replay: <h1>When?</h1>"
        expect(page.locator("h1")).to_have_text("<h1>When?</h1>")
        expect(page.locator(".answer")).to_have_text("<u>ten</u>")
        assert quote in page.locator("section[aria-labelledby=evidence] mark").first.inner_text()
        assert page.locator(".replay script, .replay img, .replay u, .replay svg[onload]").count() == 0
        assert page.locator("a[href^='javascript']").count() == 0
        assert "\u202e" not in page.content()
        assert said == []

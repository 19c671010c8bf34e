"""The searcher by rules: over the wire it answers questions of several hops on the shipped corpus, knowing no names."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from afterlore.app import cli
from afterlore.llm.scripted import ScriptedEndpoint, searcher

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples" / "research"
QUESTIONS = [json.loads(line) for line in (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
_LINK = re.compile(r"\[([^\]]+)\]\(([^)]*)\)")


def tool(name: str, properties: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, **more}
    return {"type": "function", "function": {"name": name, "description": "", "parameters": parameters}}


TEXT = {"type": "string"}
EVIDENCE = {"Cited": {"type": "object", "properties": {"address": TEXT, "quote": TEXT}}}
SEARCH = tool("search", {"queries": {"type": "array", "items": TEXT}})
VISIT = tool("visit", {"urls": {"type": "array", "items": TEXT}, "goal": TEXT})
ANSWER = tool(
    "answer",
    {"answer": TEXT, "evidence": {"type": "array", "items": {"$ref": "#/$defs/Cited"}}},
    **{"$defs": EVIDENCE},
)


def terms(text: str) -> set[str]:
    lower = text.lower()
    pairs = {run[at : at + 2] for run in re.findall(r"[\u3400-\u9fff]+", lower) for at in range(len(run) - 1)}
    return pairs | set(re.findall(r"[a-z0-9]+", lower))


class Corpus:
    """The shipped pages, and a search by shared words; rarer words weigh more."""

    def __init__(self) -> None:
        files = sorted((SAMPLES / "corpus").glob("*.md"))
        self.pages = {path.name: _LINK.sub(r"\1", path.read_text("utf-8")).removeprefix("# ") for path in files}
        self.terms = {name: terms(text) for name, text in self.pages.items()}
        self.pages_with = Counter(term for known in self.terms.values() for term in known)

    def search(self, query: str) -> str:
        wanted = terms(query)
        scores = {
            name: sum(math.log(1 + len(self.pages) / self.pages_with[term]) for term in wanted & known)
            for name, known in self.terms.items()
        }
        best = sorted((name for name in scores if scores[name]), key=lambda name: -scores[name])[:8]
        return "\n".join(
            f"- {self.pages[name].splitlines()[0]}\n  {name}\n  {' '.join(self.pages[name].split())[:400]}"
            for name in best
        )

    def use(self, name: str, arguments: Mapping[str, Any]) -> str:
        labelled = (
            [(f"hits for {query}", self.search(query)) for query in arguments["queries"]]
            if name == "search"
            else [(f"page {address}", self.pages[address]) for address in arguments["urls"]]
        )
        return "\n".join(f"<data 7f> {label}\n{text}\n</data 7f>" for label, text in labelled)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus()


@pytest.fixture
def endpoint() -> Iterator[ScriptedEndpoint]:
    with ScriptedEndpoint(searcher(), mode="strict") as running:
        yield running


def ask(
    endpoint: ScriptedEndpoint, question: str, corpus: Corpus, *, tools: list[Any], shown: int = 100
) -> dict[str, Any]:
    """The simplest loop there is; of the results the last ``shown`` are sent whole. Gives the last message."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": "Search."}, {"role": "user", "content": question}]
    for _ in range(60):
        results = [at for at, message in enumerate(messages) if message["role"] == "tool"]
        for at in results[:-shown]:
            messages[at]["content"] = "[no longer shown, to save room: 900 characters; the same call shows them again]"
        body = {"model": "scripted", "messages": messages, "tools": tools}
        reply = httpx2.post(endpoint.base_url + "/chat/completions", json=body, trust_env=False, verify=False)
        assert reply.status_code == 200, reply.text
        message: dict[str, Any] = reply.json()["choices"][0]["message"]
        message.pop("reasoning_content", None)
        calls = message.get("tool_calls") or []
        if not calls or calls[0]["function"]["name"] == "answer":
            return message
        messages.append(message)
        for one in calls:
            content = corpus.use(one["function"]["name"], json.loads(one["function"]["arguments"]))
            messages.append({"role": "tool", "tool_call_id": one["id"], "content": content})
    raise AssertionError("it never ends")


def answer_of(message: dict[str, Any]) -> dict[str, Any]:
    arguments: dict[str, Any] = json.loads(message["tool_calls"][0]["function"]["arguments"])
    return arguments


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_it_answers_by_reading(endpoint: ScriptedEndpoint, corpus: Corpus, question: dict[str, Any]) -> None:
    said = answer_of(ask(endpoint, question["question"], corpus, tools=[SEARCH, VISIT, ANSWER]))
    for cited in said["evidence"]:
        assert cited["quote"] in corpus.pages[cited["address"]]
    if question["answer"] is None:
        assert "could not find" in said["answer"]
        return
    assert said["answer"] == question["answer"]
    assert {cited["address"] for cited in said["evidence"]} == set(question["pages"])
    assert said["answer"] in "".join(cited["quote"] for cited in said["evidence"])


def test_where_there_is_no_tool_for_it_the_answer_is_text(endpoint: ScriptedEndpoint, corpus: Corpus) -> None:
    question = QUESTIONS[0]
    message = ask(endpoint, question["question"], corpus, tools=[SEARCH, VISIT])
    assert message["content"].startswith(f"{question['answer']}\n“")


def test_without_tools_it_says_that_it_does_not_know(endpoint: ScriptedEndpoint, corpus: Corpus) -> None:
    said = answer_of(ask(endpoint, QUESTIONS[0]["question"], corpus, tools=[ANSWER]))
    assert "could not find" in said["answer"]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_what_is_no_longer_shown_is_noted_or_read_again(
    endpoint: ScriptedEndpoint, corpus: Corpus, question: dict[str, Any]
) -> None:
    """Results vanish from the messages, as in a loop that makes room; what it noted on the way stays."""
    said = answer_of(ask(endpoint, question["question"], corpus, tools=[SEARCH, VISIT, ANSWER], shown=2))
    assert said["answer"] == question["answer"] or (question["answer"] is None and "could not find" in said["answer"])


def test_without_memory_it_finds_nothing(corpus: Corpus) -> None:
    """It can fail: what it does not see, it does not know."""
    question = QUESTIONS[0]
    with ScriptedEndpoint(searcher(memory=0)) as endpoint:
        said = answer_of(ask(endpoint, question["question"], corpus, tools=[SEARCH, VISIT, ANSWER]))
    assert "could not find" in said["answer"]


def test_it_stops_after_so_many_turns(corpus: Corpus) -> None:
    with ScriptedEndpoint(searcher(most=2)) as endpoint:
        ask(endpoint, QUESTIONS[0]["question"], corpus, tools=[SEARCH, VISIT, ANSWER])
        assert endpoint.count() == 3


@pytest.mark.parametrize("question", ["", "?", "生产", "Who?", "《", "x" * 50_000])
def test_any_question_is_taken(endpoint: ScriptedEndpoint, corpus: Corpus, question: str) -> None:
    endpoint.mode = "lenient"
    assert "could not find" in answer_of(ask(endpoint, question, corpus, tools=[SEARCH, VISIT, ANSWER]))["answer"]


def test_it_knows_no_names(corpus: Corpus) -> None:
    """No title and no answer stands in the policy: what it says it has read."""
    source = (ROOT / "src" / "afterlore" / "llm" / "scripted" / "searcher.py").read_text("utf-8").lower()
    names = {line for text in corpus.pages.values() for line in re.split(r" (?=[\u3400-\u9fff])", text.splitlines()[0])}
    names |= {question["answer"] for question in QUESTIONS if question["answer"]}
    assert len(names) > 35
    assert {name for name in names if name.lower() in source} == set()


def test_the_corpus_hangs_together(corpus: Corpus) -> None:
    """Links lead to pages; every question names pages that are there, and its answer stands on the last of them."""
    files = {path.name: path.read_text("utf-8") for path in (SAMPLES / "corpus").glob("*.md")}
    assert {target for text in files.values() for _, target in _LINK.findall(text)} <= files.keys()
    for question in QUESTIONS:
        pages = [corpus.pages[name] for name in question["pages"]]
        assert question["answer"] is None or question["answer"] in pages[-1]
        assert question["answer"] is None or question["answer"] not in question["question"]
    assert len({question["question"] for question in QUESTIONS}) == len(QUESTIONS) >= 10


def test_the_whole_agent_answers_by_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Real search, real journal, real loop: every question of the samples, each quote checked against its page."""
    words = ["--corpus", str(SAMPLES / "corpus"), "--model", "scripted", "--json", "--data-dir", str(tmp_path)]
    for question in QUESTIONS:
        assert cli.run(["ask", question["question"], *words]) == (3 if question["answer"] is None else 0)
        result = json.loads(capsys.readouterr().out)
        if question["answer"] is None:
            assert (result["answer"], result["stop_reason"]) == (None, "failed:not_found")
            assert "could not find" in result["failure"]
            continue
        assert result["stop_reason"] == "answered"
        assert result["answer"] == question["answer"]
        assert {quote["status"] for quote in result["evidence"]} == {"quote-verified"}
        assert {quote["address"].rpartition("/")[2] for quote in result["evidence"]} == set(question["pages"])

"""``afterlore models``, and endpoints by name from the configuration."""

import json
from pathlib import Path
from typing import Any

import pytest

from afterlore.app import cli, config, models
from afterlore.core import ConfigError
from model_server import Answer, Server, chunk, completion, events, serve, vectors

KEY = "sk-dummy-0123456789"


def configured(text: str) -> None:
    place: Path = config.config_file()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def table(server: Server, name: str = "local", more: str = "") -> None:
    configured(f'[models.{name}]\nbase_url = "{server.url}"\nmodel = "m"\napi_key_env = "THE_KEY"\n{more}\n')


def able(request: dict[str, Any]) -> Answer:
    if "input" in request:
        return Answer(vectors(*([1.0, 0.0] for _ in request["input"])))
    if request.get("stream"):
        return Answer(events(chunk(content="1 2"), chunk(content=" 3"), chunk("stop")))
    if "tools" in request:
        call = {"id": "a", "type": "function", "function": {"name": "add", "arguments": '{"a": 17, "b": 25}'}}
        return Answer(completion(None, tool_calls=[call], finish="tool_calls"))
    return Answer(completion())


def test_names_without_keys(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTED_KEY", KEY)
    configured(
        'model = "hosted"\n'
        '[models.hosted]\nbase_url = "https://api.openai.com/v1"\nmodel = "gpt-4o-mini"\ndialect = "openai"\n'
        'api_key_env = "HOSTED_KEY"\n'
        '[models.local]\nbase_url = "http://127.0.0.1:11434/v1"\nmodel = "qwen3:4b"\napi_key_env = "NOT_SET"\n'
        "context = 32768\nextra = {enable_thinking = false}\n[models.local.prices]\ninput = 0\noutput = 0.5\n"
    )
    assert cli.run(["models", "ls", "--json"]) == 0
    told = capsys.readouterr()
    rows = {row["name"]: row for row in json.loads(told.out)["models"]}
    assert cli.run(["models", "ls"]) == 0
    shown = capsys.readouterr()
    assert KEY not in told.out + told.err + shown.out + shown.err
    assert [rows[name]["key"] for name in ("hosted", "local")] == ["set", "NOT_SET is not set"]
    assert [rows[name]["priced"] for name in ("hosted", "local")] == [True, True]
    assert [rows[name]["default"] for name in ("hosted", "local")] == [True, False]
    assert "* hosted  gpt-4o-mini" in shown.out
    local = config.load().models["local"]
    assert (local.context, local.extra, str(local.prices and local.prices.output)) == (
        32768,
        {"enable_thinking": False},
        "0.5",
    )


def test_nothing_configured(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["models", "ls"]) == 0
    assert "add a table [models.NAME]" in capsys.readouterr().out
    assert cli.run(["models", "check", "local"]) == 2
    assert "no model 'local' is configured; configured: none" in capsys.readouterr().err


def test_a_model_by_variables_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BASE_URL": "http://127.0.0.1:1/v1", "MODEL": "m", "PRICES": '{"input": 1}'}.items():
        monkeypatch.setenv(f"AFTERLORE_MODELS__LOCAL__{name}", value)
    found = models.endpoint(config.load())
    assert (found.name, found.base_url, found.prices and found.prices.input) == ("local", "http://127.0.0.1:1/v1", 1)


def test_which_one_is_taken() -> None:
    one = '[models.{0}]\nbase_url = "http://127.0.0.1:1/v1"\nmodel = "m"\n'
    configured(one.format("a") + one.format("b"))
    with pytest.raises(ConfigError, match=r"name one of those that are configured \(a, b\)"):
        models.endpoint(config.load())
    assert models.endpoint(config.load(), "b").name == "b"
    configured('model = "a"\n' + one.format("a") + one.format("b"))
    assert models.endpoint(config.load()).name == "a"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('modle = "x"', "models.local.modle"),
        ("timeout = 0", "models.local.timeout"),
        ('dialect = "klingon"', "'compatible', 'openai', 'deepseek', 'qwen', 'glm' or 'gemini'"),
        ('record = "a"\nreplay = "b"', "exclude each other"),
    ],
)
def test_a_wrong_key_is_named_with_the_choices(line: str, says: str) -> None:
    configured(f'[models.local]\nbase_url = "http://127.0.0.1:1/v1"\nmodel = "m"\n{line}\n')
    with pytest.raises(ConfigError) as caught:
        config.load()
    assert says in str(caught.value)
    assert "max_concurrency" in str(caught.value)


def test_a_key_that_cannot_be_sent_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", f"{KEY}\nx")
    configured('[models.local]\nbase_url = "http://127.0.0.1:1/v1"\nmodel = "m"\napi_key_env = "THE_KEY"\n')
    with pytest.raises(ConfigError, match="no header may hold") as caught:
        config.load()
    assert KEY not in str(caught.value)


def test_what_an_endpoint_can_do(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", KEY)
    with serve(able) as server:
        table(server)
        assert cli.run(["models", "check", "local", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert cli.run(["models", "check", "local"]) == 0
        shown = capsys.readouterr().out
    for name in ("answers", "streams", "calls_tools", "reports_usage", "embeds"):
        assert told[name]["holds"], name
        assert f"  {name.replace('_', ' '):<14} yes" in shown
    assert (told["priced"], told["usage"]["attempts"], told["usage"]["input_tokens"]) == (False, 4, None)
    assert {header["authorization"] for header in server.headers} == {f"Bearer {KEY}"}


def test_what_an_endpoint_cannot_do(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", KEY)

    def plain(request: dict[str, Any]) -> Answer:
        if "input" in request:
            return Answer(b'{"detail": "Not Found"}', 404)
        return Answer(completion(usage=None))

    with serve(plain) as server:
        table(server)
        assert cli.run(["models", "check", "local", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [told[name]["holds"] for name in ("answers", "streams", "calls_tools", "reports_usage", "embeds")] == [
        True,
        False,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_an_endpoint_that_does_not_answer(
    as_json: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", KEY)
    with serve([Answer(f'{{"error": {{"message": "bad key {KEY}"}}}}'.encode(), 401)]) as server:
        table(server)
        assert cli.run(["models", "check", "local", *as_json]) == 3
    told = capsys.readouterr()
    assert "bad key ***; look at api_key_env" in told.out
    assert KEY not in told.out + told.err


def test_a_missing_key_is_wrong_usage(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THE_KEY", raising=False)
    configured('[models.local]\nbase_url = "http://127.0.0.1:1/v1"\nmodel = "m"\napi_key_env = "THE_KEY"\n')
    assert cli.run(["models", "check", "local"]) == 2
    assert "model 'local': the variable 'THE_KEY' holds no key; set it" in capsys.readouterr().err

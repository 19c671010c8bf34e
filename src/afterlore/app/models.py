"""``afterlore models``: the endpoints of the configuration, and what they can do; and how other commands open one."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from afterlore.app import config, logs
from afterlore.core import ConfigError

if TYPE_CHECKING:
    from afterlore.core import Ledger
    from afterlore.llm.chat import Chat
    from afterlore.llm.embeddings import Embeddings
    from afterlore.llm.endpoint import Endpoint

__all__ = ["app", "chat", "embedder", "endpoint", "query_embedder"]

app = typer.Typer(help="Model endpoints: any that speaks the OpenAI protocol, by name from config.toml.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")]


def endpoint(settings: config.Settings, name: str | None = None) -> "Endpoint":
    """The one of that name; without a name the setting ``model``, or the only one there is. Raises ConfigError."""
    names = ", ".join(sorted(settings.models)) or "none"
    wanted = name or settings.model or (next(iter(settings.models)) if len(settings.models) == 1 else "")
    if not wanted:
        raise ConfigError(f"no model is named; name one of those that are configured ({names}), see docs/models.md")
    if wanted not in settings.models:
        raise ConfigError(
            f"no model {wanted!r} is configured; configured: {names}; add a table [models.{wanted}] with base_url and "
            f"model to {str(config.config_file())!r}"
        )
    return settings.models[wanted]


def chat(settings: config.Settings, name: str | None = None) -> "Chat":
    """A client of that endpoint, to be closed by who asked for it. Raises ConfigError."""
    from afterlore.llm.chat import Chat

    return Chat(endpoint(settings, name))


def embedder(settings: config.Settings, name: str, *, ledger: "Ledger | None" = None) -> "Embeddings":
    """A client of that endpoint's embeddings, to be closed by who asked for it. Raises ConfigError."""
    from afterlore.llm.embeddings import Embeddings

    return Embeddings(endpoint(settings, name), ledger=ledger)


def query_embedder(settings: config.Settings, name: str) -> "Embeddings":
    """The same for one query that somebody waits for: it soon gives up, for words find all the same."""
    from afterlore.llm.embeddings import Embeddings

    found = endpoint(settings, name)
    return Embeddings(found.model_copy(update={"retries": 0, "timeout": min(found.timeout, 10.0)}))


@app.command("ls")
def list_models(as_json: Json = False) -> None:
    """The configured endpoints. Keys are not shown, only whether they are at hand."""
    from afterlore.llm.prices import prices_of

    settings = config.load()
    rows = [
        {
            "name": name,
            "model": found.model,
            "base_url": found.base_url,
            "dialect": found.dialect,
            "context": found.context,
            "key": "set" if found.api_key else f"{found.api_key_env} is not set" if found.api_key_env else "none",
            "priced": prices_of(found) is not None,
            "default": name == settings.model or len(settings.models) == 1,
        }
        for name, found in sorted(settings.models.items())
    ]
    if as_json:
        typer.echo(json.dumps({"models": rows}, ensure_ascii=False, indent=1))
    elif not rows:
        typer.echo(f"no models are configured; add a table [models.NAME] to {config.config_file()}, see docs/models.md")
    for row in () if as_json else rows:
        mark = "*" if row["default"] else " "
        price = "priced" if row["priced"] else "no price"
        typer.echo(
            f"{mark} {row['name']}  {row['model']}  {row['base_url']}  {row['dialect']}  key: {row['key']}  {price}"
        )


@app.command()
def check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A configured endpoint.")],
    as_json: Json = False,
) -> int:
    """Ask an endpoint a few short things: does it answer, stream, call tools, report usage, embed?

    Exit code 3 when it neither answers nor embeds.
    """
    import asyncio

    from afterlore.llm.check import check as checked

    settings = config.load()
    logs.configure(settings)
    report = asyncio.run(checked(endpoint(settings, name)))
    if as_json:
        typer.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=1))
    else:
        typer.echo(f"{report.name}: {report.model}")
        for key, finding in report.findings.items():
            word = "yes" if finding.holds else "no"
            typer.echo(f"  {key.replace('_', ' '):<14} {word:<4} {finding.detail}".rstrip())
        typer.echo(f"  {'priced':<14} {'yes' if report.priced else 'no':<4}".rstrip())
    return 0 if any(report.findings[key].holds for key in ("answers", "embeds")) else 3

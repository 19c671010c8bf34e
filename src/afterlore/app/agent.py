"""Whom to ask and what to search, as options say or as a run had it: what every command with an agent shares."""

import shlex
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from afterlore.app import config, models
from afterlore.core import Budget, ConfigError, InputError, NotFoundError

if TYPE_CHECKING:
    from afterlore.core import ChatModel, Reader, Searcher
    from afterlore.journal import Runs
    from afterlore.llm.endpoint import Endpoint

__all__ = [
    "NOTICE",
    "SCRIPTED",
    "DataDir",
    "Json",
    "able",
    "chosen_source",
    "data_folder",
    "open_model",
    "open_runs",
    "open_source",
    "place",
]

SCRIPTED = "scripted"
"""The name of the rules that stand in for a model."""
NOTICE = (
    "no model was asked: the scripted rules searched and answered. That shows the mechanism, and nothing of what a "
    "model can do"
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where runs and imported corpora are kept.", metavar="DIR", show_default=False),
]


@asynccontextmanager
async def open_model(settings: config.Settings, name: str) -> "AsyncIterator[tuple[ChatModel, int | None]]":
    """The model, and how many tokens it takes where that is known."""
    from afterlore.llm.chat import Chat
    from afterlore.llm.endpoint import Endpoint, Prices

    async with AsyncExitStack() as stack:
        if name == SCRIPTED:
            from afterlore.llm.scripted import ScriptedEndpoint
            from afterlore.llm.scripted.searcher import searcher

            served = stack.enter_context(ScriptedEndpoint(searcher(), keep=False))
            free = Prices(input=Decimal(0))
            endpoint = Endpoint(name=SCRIPTED, base_url=served.base_url, model=SCRIPTED, prices=free)
        else:
            endpoint = _endpoint(settings, name)
        yield await stack.enter_async_context(Chat(endpoint)), endpoint.context


def able(settings: config.Settings, name: str | None, budget: Budget) -> str:
    """The name of the model that is asked. Raises ConfigError where its key is not at hand, or its price is not known
    and the budget limits the cost.
    """
    from afterlore.llm.prices import require_prices

    if name == SCRIPTED:
        return SCRIPTED
    endpoint = _endpoint(settings, name)
    endpoint.key()
    require_prices(endpoint, budget)
    return endpoint.name


def _endpoint(settings: config.Settings, name: str | None) -> "Endpoint":
    """A configured model. Without any the error also says what needs none."""
    if not settings.models:
        wanted = f"model {name!r} is not configured" if name else "no model is configured"
        raise InputError(
            f"{wanted}; add a table [models.NAME] to {str(config.config_file())!r} (docs/models.md), or try the "
            f"mechanism without one: --model {SCRIPTED}"
        )
    return models.endpoint(settings, name)


def chosen_source(
    corpus: Path | None, context: Path | None, web: str | None, model: str | None, known: dict[str, Any]
) -> dict[str, Any]:
    """Where to search and whom to ask: as given, else as the run had it. It is stored, so no password is in it."""
    from afterlore.web.urls import redact

    if sum(given is not None for given in (corpus, context, web)) > 1:
        raise InputError("--corpus, --context and --web exclude each other; name one")
    service, equals, url = (web or "").partition("=")
    named = {
        "corpus": None if corpus is None else str(corpus.resolve()),
        "context": None if context is None else str(context.resolve()),
        "web": None if web is None else service + equals + redact(url),
    }
    if not any(named.values()):
        named = {name: known.get(name) for name in named}
    if not any(named.values()):
        raise InputError("name what to search: --corpus PATH, --context DIR or --web searxng=URL")
    return {**named, "model": model or known.get("model")}


@contextmanager
def open_source(
    settings: config.Settings, chosen: dict[str, Any], web: str | None, data: Path
) -> "Iterator[tuple[Searcher, Reader]]":
    from afterlore.research.search.corpus import open_context, open_corpus

    if chosen["web"]:
        from afterlore.research.search.pages import PageReader
        from afterlore.web.fetch import Fetcher

        if settings.offline:
            raise InputError("offline nothing is fetched; search with --corpus PATH, or unset AFTERLORE_OFFLINE")
        searcher = _service(settings, web or chosen["web"])
        with Fetcher(allow_hosts=settings.allow_hosts) as fetcher:
            yield searcher, PageReader(fetcher)
        return
    if chosen["corpus"]:
        opened = open_corpus(Path(chosen["corpus"]), data=data)
    else:
        opened = open_context(Path(chosen["context"]))
    with opened as source:
        yield source, source


def _service(settings: config.Settings, web: str) -> "Searcher":
    from afterlore.research.search.services import Brave, SearXNG, Serper, Tavily

    name, equals, url = web.partition("=")
    if "***@" in url:
        raise InputError("the password of the service is not stored; give --web searxng=URL again")
    if name == "searxng" and url:
        return SearXNG(url)
    keyed: dict[str, Callable[[str], Searcher]] = {"serper": Serper, "brave": Brave, "tavily": Tavily}
    if name not in keyed or equals:
        raise InputError(f"--web {web!r}: write searxng=URL, or one of: {', '.join(keyed)}")
    key = getattr(settings, f"{name}_key")
    if key is None:
        raise ConfigError(f"{name} needs a key; set AFTERLORE_{name.upper()}_KEY")
    return keyed[name](key.get_secret_value())


def data_folder(data_dir: Path | None) -> Path:
    import platformdirs

    return data_dir or Path(platformdirs.user_data_dir("afterlore", appauthor=False))


def place(data_dir: Path | None) -> str:
    """The option, as it is typed again."""
    return "" if data_dir is None else f" --data-dir {shlex.quote(str(data_dir))}"


@contextmanager
def open_runs(data_dir: Path | None, *, new: bool = False) -> "Iterator[Runs]":
    """The runs, which only ``new`` may make: looking for them where there are none must leave nothing behind."""
    from afterlore.journal import Runs

    path = data_folder(data_dir) / "runs.sqlite"
    if not new and not path.is_file():
        raise NotFoundError(f"there are no runs in {str(path.parent)!r} yet; afterlore ask makes one")
    with Runs(path) as runs:
        yield runs

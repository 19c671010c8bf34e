"""``afterlore context embed`` and ``afterlore context upgrade``: what a model adds to a context database."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from afterlore.app import config
from afterlore.app.context import In, Json, opened

if TYPE_CHECKING:
    from decimal import Decimal

    from afterlore.core import Ledger
    from afterlore.llm.endpoint import Endpoint

__all__ = ["embed", "upgrade"]

Model = Annotated[
    str | None,
    typer.Option(help="A configured endpoint; the setting 'model' if left out.", metavar="NAME", show_default=False),
]
MaxTokens = Annotated[int | None, typer.Option(min=1, help="Stop before more tokens are consumed.", metavar="N")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what it would take; nothing is asked.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no report, only errors.")]


def embed(
    model: Model = None,
    max_tokens: MaxTokens = None,
    dry_run: DryRun = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Where the model now gives vectors of another length, make all anew.")
    ] = False,
    quiet: Quiet = False,
    place: In = None,
    as_json: Json = False,
) -> None:
    """Give every content a vector; those that have one are left alone."""
    from afterlore.app.models import embedder as client
    from afterlore.app.models import endpoint
    from afterlore.app.terminal import Bar
    from afterlore.context.search import embedding

    settings = config.load()
    chosen = endpoint(settings, model)
    ledger = _ledger(max_tokens)
    with opened(place) as context:
        if dry_run:
            scripted = embedding.ScriptedEmbedder(model=chosen.model)
            would = embedding.embed(context.store, scripted, lot=chosen.batch, dry_run=True)
            _would(chosen, would.nodes, would.calls, would.tokens, 0, as_json=as_json)
            return
        with Bar(quiet=quiet or as_json) as progress, client(settings, chosen.name, ledger=ledger) as embedder:
            done = embedding.embed(context.store, embedder, lot=chosen.batch, replace=replace, progress=progress)
    row = {"nodes": done.nodes, **_consumed(chosen, ledger), "left": done.left, "exhausted": done.exhausted}
    if as_json:
        _print(row)
    elif not quiet:
        typer.echo(f"{done.nodes} contents embedded, {_words(row)}{_rest(done.left, done.exhausted)}")


def upgrade(
    model: Model = None,
    max_tokens: MaxTokens = None,
    dry_run: DryRun = False,
    replace: Annotated[bool, typer.Option("--replace", help="Also what another model wrote.")] = False,
    quiet: Quiet = False,
    place: In = None,
    as_json: Json = False,
) -> None:
    """Have a model write L0 and L1, deepest first; those that a model wrote are left alone."""
    import asyncio

    from afterlore.app.models import chat, endpoint
    from afterlore.app.terminal import Bar
    from afterlore.context import upgrade as levels

    settings = config.load()
    chosen = endpoint(settings, model)
    ledger = _ledger(max_tokens)
    with opened(place) as context, Bar(quiet=quiet or as_json) as progress:
        if dry_run:
            would = levels.estimate(context, replace=chosen.name if replace else "")
            _would(chosen, would.nodes, would.calls, would.sent, would.written, as_json=as_json)
            return

        async def work() -> levels.Upgraded:
            async with chat(settings, chosen.name) as asked:
                return await levels.upgrade(
                    context,
                    asked,
                    ledger=ledger,
                    workers=chosen.max_concurrency,
                    replace=replace,
                    progress=progress,
                )

        done = asyncio.run(work())
    row = {
        "nodes": done.nodes,
        **_consumed(chosen, ledger),
        "left": done.left,
        "refused": done.refused,
        "exhausted": done.exhausted,
    }
    if as_json:
        _print(row)
    elif not quiet:
        unusable = f", {done.refused} without a reply that can be used" if done.refused else ""
        typer.echo(
            f"{done.nodes} nodes written, {_words(row)}{unusable}{_rest(done.left - done.refused, done.exhausted)}"
        )


def _ledger(max_tokens: int | None) -> "Ledger":
    from afterlore.core import Budget, Ledger

    return Ledger(Budget(tokens=max_tokens))


def _would(chosen: "Endpoint", nodes: int, calls: int, sent: int, written: int, *, as_json: bool) -> None:
    from afterlore.llm.prices import cost, prices_of

    price = cost(prices_of(chosen), sent, written)
    row = {"nodes": nodes, "calls": calls, "sent": sent, "written": written, **_priced(price)}
    if as_json:
        _print(row)
    else:
        most = f" and at most {written:,} written" if written else ""
        typer.echo(f"{nodes} nodes in {calls} calls, about {sent:,} tokens sent{most}, {_money(price)}")


def _consumed(chosen: "Endpoint", ledger: "Ledger") -> dict[str, Any]:
    from afterlore.llm.prices import prices_of

    return {
        "calls": ledger.calls,
        "tokens": ledger.tokens,
        **_priced(ledger.cost if prices_of(chosen) is not None else None),
    }


def _priced(price: "Decimal | None") -> dict[str, str | None]:
    return {"cost": None if price is None else str(price)}


def _money(price: "Decimal | str | None") -> str:
    return "cost unknown" if price is None else f"{float(price):.4f} US dollars"


def _words(row: dict[str, Any]) -> str:
    return f"{row['calls']} calls, {row['tokens']:,} tokens, {_money(row['cost'])}"


def _rest(left: int, exhausted: str) -> str:
    if exhausted:
        return f"; stopped at the budget, {left} wait: run it again"
    if left:
        return (
            f"; {left} wait: run it again (what another run holds, or held when it was killed, is free in 10 minutes)"
        )
    return ""


def _print(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))

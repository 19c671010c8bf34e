"""What tokens cost: a small table, as of one day, of those who publish one price for all hours and sizes.

A price belongs to who asks for it: the same model elsewhere costs something else, so the table goes by the host of the
endpoint. What it does not know costs None, which is not 0. ``prices`` of an endpoint replaces it.

Source: the vendors' own price lists as genai-prices 0.2.3 (MIT) gives them. Left out: prices that change with the hour
(DeepSeek) or with the length of the prompt, batch and other tiers, discounts for new models, tools, images, audio.
"""

from datetime import date
from decimal import Decimal
from urllib.parse import urlsplit

from afterlore.core import Budget, ConfigError
from afterlore.llm.endpoint import Endpoint, Prices

__all__ = ["AS_OF", "PRICES", "cost", "prices_of", "require_prices"]

AS_OF = date(2026, 10, 15)


def _table(rows: str) -> dict[str, Prices]:
    """``model input cached output`` a line; a dash is no price of its own."""
    table = {}
    for row in rows.strip().splitlines():
        model, sent, cached, written = row.split()
        table[model] = Prices(
            input=Decimal(sent),
            cached=None if cached == "-" else Decimal(cached),
            output=Decimal(0) if written == "-" else Decimal(written),
        )
    return table


PRICES = {
    # https://developers.openai.com/api/docs/pricing
    "api.openai.com": _table("""
        gpt-4o                  2.5    1.25   10
        gpt-4o-mini             0.15   0.075  0.6
        gpt-4.1                 2      0.5    8
        gpt-4.1-mini            0.4    0.1    1.6
        gpt-5                   1.25   0.125  10
        gpt-5-mini              0.25   0.025  2
        gpt-5.2                 1.75   0.175  14
        text-embedding-3-small  0.02   -      -
        text-embedding-3-large  0.13   -      -
    """),
    # https://ai.google.dev/gemini-api/docs/pricing
    "generativelanguage.googleapis.com": _table("""
        gemini-2.5-flash        0.3    0.03   2.5
        gemini-2.5-flash-lite   0.1    0.01   0.4
        gemini-3.1-flash-lite   0.25   0.025  1.5
        gemini-3.5-flash        1.5    0.15   9
        gemini-3.5-flash-lite   0.3    0.03   2.5
    """),
    # https://docs.z.ai/guides/overview/pricing
    "api.z.ai": _table("""
        glm-4.5                 0.6    0.11   2.2
        glm-4.5-air             0.2    0.03   1.1
        glm-4.6                 0.6    0.11   2.2
        glm-4.7                 0.6    0.11   2.2
        glm-5                   1      0.2    3.2
        glm-5.1                 1.4    0.26   4.4
        glm-5.2                 1.4    0.26   4.4
        glm-5.3                 1.4    0.26   4.4
    """),
}
"""By host, then by model in lower case."""


def prices_of(endpoint: Endpoint) -> Prices | None:
    """Those of the configuration, else those of the table, else None."""
    return endpoint.prices or PRICES.get(urlsplit(endpoint.base_url).hostname or "", {}).get(endpoint.model.lower())


def cost(prices: Prices | None, sent: int | None, written: int | None, cached: int | None = None) -> Decimal | None:
    """US dollars for so many tokens; None where the price or a count is not known.

    Of unknown ``cached`` none are taken to be, so the figure is then an upper bound.
    """
    if prices is None or sent is None or written is None:
        return None
    known = min(cached or 0, sent)
    reread = prices.input if prices.cached is None else prices.cached
    return ((sent - known) * prices.input + known * reread + written * prices.output) / 1_000_000


def require_prices(endpoint: Endpoint, budget: Budget) -> None:
    """Raises ConfigError when the budget limits a cost that cannot be known."""
    if budget.cost is not None and prices_of(endpoint) is None:
        raise ConfigError(
            f"model {endpoint.name!r}: cost={budget.cost} cannot be kept, for the price of {endpoint.model!r} is not "
            f"known; give it as prices = {{input = …, output = …}} (US dollars for a million tokens) or drop the limit"
        )

"""Natural errors: the verifier on the claims of a published, model-written brief, labelled by hand.

``afterlore brief eval claims --data PATH``: PATH is ``claims.json`` with ``articles/NNN.md`` beside
it, or the folder of both. Each
claim is checked against the full text of its articles. Claims of other sources are counted apart; so is "cannot tell".
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from afterlore.brief.check import Verdict, check
from afterlore.core import InputError
from afterlore.stats.intervals import wilson
from afterlore.text.paragraphs import rejoin

__all__ = ["article_text", "evaluate"]

_WRONG = {"partly", "unsupported", "contradicted"}


def article_text(path: Path) -> str:
    """Title and body of a stored article, fragments joined to paragraphs."""
    try:
        raw = path.read_text("utf-8")
    except OSError as error:
        raise InputError(
            f"cannot read the article {str(path)!r}: {error}; claims need articles/ beside claims.json"
        ) from error
    body = re.sub(r"\A---\n.*?\n---\n", "", raw, flags=re.S)
    title = re.search(r"^# (.+)$", body, re.M)
    kept = [line for line in body.splitlines() if not line.startswith((">", "# "))]
    return (title[1] + "\n" if title else "") + "\n".join(rejoin(kept))


def evaluate(data: Path) -> dict[str, Any]:
    """Precision and recall of a flag, over all and by kind, with Wilson 95% intervals."""
    path = data / "claims.json" if data.is_dir() else data
    try:
        claims = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read the labelled claims in {str(path)!r}: {error}") from error
    texts: dict[str, str] = {}
    rows: list[tuple[dict[str, Any], Verdict]] = []
    other = 0
    for claim in claims:
        if claim["verdict"] == "other_source":
            other += 1
            continue
        for name in claim["articles"]:
            if name not in texts:
                texts[name] = article_text(path.parent / "articles" / f"{name}.md")
        rows.append((claim, check(claim["text"], [texts[name] for name in claim["articles"]])))
    return {
        "claims": len(rows),
        "other_source": other,
        "cannot_tell": sum(verdict.state == "cannot_tell" for _, verdict in rows),
        "wrong": sum(claim["verdict"] in _WRONG for claim, _ in rows),
        "grave": _scores([(c, v, _flagged(v)) for c, v in rows]),
        "with_minor": _scores([(c, v, bool(v.problems)) for c, v in rows]),
        "flag_kinds": _flag_kinds(rows),
        "recall_by_label": _by_label(rows),
        "baselines": {
            "flag_nothing": {"precision": None, "recall": 0.0},
            "flag_all": _scores([(c, v, True) for c, v in rows]),
        },
        "flagged": [
            {
                "id": c["id"],
                "verdict": c["verdict"],
                "label": (c["error"] or {}).get("kind"),
                "small": "轻微" in (c["note"] or ""),
                "problems": [p.model_dump() for p in v.problems],
            }
            for c, v in rows
            if v.problems
        ],
    }


def _flagged(verdict: Verdict) -> bool:
    return verdict.state in {"contradicted", "unsupported"}


def _share(name: str, hits: int, total: int) -> dict[str, Any]:
    if not total:
        return {name: None, "n": 0}
    ends = wilson(hits, total)
    return {
        name: round(hits / total, 4),
        f"{name}_low": round(ends.low, 4),
        f"{name}_high": round(ends.high, 4),
        "n": total,
    }


def _scores(rows: Sequence[tuple[dict[str, Any], Verdict, bool]]) -> dict[str, Any]:
    flagged = [claim for claim, _, flag in rows if flag]
    right = sum(claim["verdict"] in _WRONG for claim in flagged)
    wrong = sum(claim["verdict"] in _WRONG for claim, _, _ in rows)
    return {"precision": _share("precision", right, len(flagged)), "recall": _share("recall", right, wrong)}


def _flag_kinds(rows: Sequence[tuple[dict[str, Any], Verdict]]) -> dict[str, Any]:
    """Of the claims flagged for a kind, the share that is not fully supported."""
    out: dict[str, Any] = {}
    for kind in sorted({problem.kind for _, verdict in rows for problem in verdict.problems}):
        having = [claim for claim, verdict in rows if any(problem.kind == kind for problem in verdict.problems)]
        out[kind] = _share("precision", sum(claim["verdict"] in _WRONG for claim in having), len(having))
    return out


def _by_label(rows: Sequence[tuple[dict[str, Any], Verdict]]) -> dict[str, Any]:
    """Of the claims with a kind of error, the share that is flagged for anything."""
    out: dict[str, Any] = {}
    labels = sorted({(claim["error"] or {}).get("kind", "none") for claim, _ in rows if claim["verdict"] in _WRONG})
    for label in labels:
        having = [
            verdict
            for claim, verdict in rows
            if claim["verdict"] in _WRONG and (claim["error"] or {}).get("kind", "none") == label
        ]
        out[label] = _share("recall", sum(_flagged(v) for v in having), len(having)) | {
            "with_minor": sum(bool(v.problems) for v in having)
        }
    return out

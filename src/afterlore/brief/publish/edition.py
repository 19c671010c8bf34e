"""One day's brief as data: the stories, the claim ledger, the article table, the sources' health. ``brief.json``.

The file is one JSON document in one exact spelling, and carries the digest of its own content: a changed character
anywhere is found by ``brief verify``. What the digest does not cover: somebody who changes the file and computes the
digest again; for that, keep the digest of the day elsewhere.
"""

import json
from datetime import date, datetime
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from afterlore.brief.article import Drop
from afterlore.brief.gather.item import SourceHealth
from afterlore.core import Claim, InputError, Record, canonical_json, digest

__all__ = [
    "ArticleEntry",
    "BulletEntry",
    "Counts",
    "Disagreement",
    "Edition",
    "Followed",
    "Other",
    "Reason",
    "StoryEntry",
    "decode",
    "encode",
    "json_schema",
]


class ArticleEntry(Record):
    """A row of the article table. The text of an article that a story cites lies in ``sources/<sha256>.txt``."""

    id: str
    url: str
    outlet: str
    outlet_stored: str | None
    origin: str | None
    title: str
    published: datetime | None
    retrieved: datetime | None
    language: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    characters: int


class BulletEntry(Record):
    """A label and the claim behind it; the label is ours, the claim is the source's."""

    label: str
    claim: str


class Reason(Record):
    """One term of a story's score."""

    name: str
    value: float
    why: str


class Disagreement(Record):
    """Outlets that give different figures for the same thing; all are shown, none is chosen."""

    metric: str
    """What is measured, in the sources' words."""
    values: tuple[tuple[str, str], ...]
    """(outlet, figure as it stands there), the value of most outlets first."""
    claim: str
    """Id of the claim that quotes them side by side."""


class Followed(Record):
    """The story of an earlier day that this one continues."""

    date: date
    story: str
    title: str


class StoryEntry(Record):
    """One story: claims by id, articles by id."""

    id: str
    entry: str | None = Field(default=None, exclude_if=lambda entry: entry is None)
    """The ``id`` under which feeds first had it, where reports came or went since. Left out when it is ``id``."""
    title: str
    title_from: str
    """Id of the article whose title or lead it is; of an editor's title, the one that it stands in place of."""
    title_by: Literal["source", "editor"] = Field(default="source", exclude_if=lambda by: by == "source")
    """``editor``: a person wrote it, and it need not stand in any source. Left out when it is the source's."""
    category: str
    category_reason: str
    articles: tuple[str, ...]
    """The cited ones, most informative first."""
    reposts: tuple[str, ...]
    """Same text under other addresses; they do not count as outlets that agree."""
    insight: tuple[str, ...]
    """Claim ids."""
    bullets: tuple[BulletEntry, ...]
    disagreements: tuple[Disagreement, ...]
    follows: Followed | None
    score: float
    reasons: tuple[Reason, ...]


class Other(Record):
    """News that is only linked."""

    title: str
    article: str


class Counts(Record):
    """What the run's report opens with."""

    articles: int
    """Items that became articles, before the window and duplicates were taken off."""
    in_window: int
    dropped: int
    duplicates: int
    events: int
    """Clusters of articles about one event each."""
    stories: int
    claims: int
    rejected_claims: int
    """Sentences that the verifier would not let through."""


class Edition(Record):
    """Everything that one day's brief is made of."""

    format: Literal["afterlore.brief/1"] = "afterlore.brief/1"
    date: date
    title: str
    """With the emoji."""
    vertical: str
    language: str
    writer: str
    """``extractive``: every sentence is a source's own."""
    window_start: datetime
    window_end: datetime
    stories: tuple[StoryEntry, ...]
    others: tuple[Other, ...]
    claims: tuple[Claim, ...]
    articles: tuple[ArticleEntry, ...]
    sources: tuple[SourceHealth, ...]
    dropped: tuple[Drop, ...]
    counts: Counts

    @model_validator(mode="after")
    def _whole(self) -> "Edition":
        claims = {claim.id for claim in self.claims}
        digests = {article.id: article.sha256 for article in self.articles}
        for story in self.stories:
            named = {
                *story.insight,
                *(bullet.claim for bullet in story.bullets),
                *(d.claim for d in story.disagreements),
            }
            cited = {*story.articles, *story.reposts, story.title_from}
            if not named <= claims or not cited <= digests.keys():
                raise ValueError(f"story {story.id!r} names a claim or article that the ledger does not hold")
        for evidence in (evidence for claim in self.claims for evidence in claim.evidence):
            if digests.get(evidence.article) != evidence.sha256:
                raise ValueError(f"a quote of article {evidence.article!r} is not of the text in the article table")
        if not {other.article for other in self.others} <= digests.keys():
            raise ValueError("a link names an article that the ledger does not hold")
        return self


def encode(edition: Edition) -> str:
    """The exact text of ``brief.json``: indented JSON, ending with the digest of all that stands before it."""
    content = edition.model_dump(mode="json")
    content["digest"] = digest(canonical_json(content))
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def decode(text: str) -> Edition:
    """Read ``brief.json``. Raises InputError that says what is wrong: no JSON, out of schema, digest, or spelling."""
    try:
        content = json.loads(text)
        said = content.pop("digest", None)
        # Strictness would refuse the ISO dates that JSON can only spell as strings.
        edition = Edition.model_validate_json(json.dumps(content))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"brief.json is out of form at {where}: {first['msg']}") from error
    except (ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"brief.json is not a JSON object: {error}") from error
    due = digest(canonical_json(content))
    if said != due:
        raise InputError(f"the ledger was changed: its digest should be {due[:12]}…, it says {str(said)[:12]}…")
    if text != encode(edition):
        raise InputError("brief.json was changed: its spelling is not the one that afterlore writes")
    return edition


def json_schema() -> str:
    """The JSON Schema of ``brief.json``, as published in the docs."""
    schema = Edition.model_json_schema(mode="serialization")
    schema["properties"]["digest"] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    schema["required"] = [*schema["required"], "digest"]
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "brief.json"
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"

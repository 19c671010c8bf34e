"""From the desk's state to what its pages show, still without any markup."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from afterlore.app.desk.words import words_of
from afterlore.brief.article import Article
from afterlore.brief.desk.apply import match, sides
from afterlore.brief.desk.changes import Changes, StoryChange
from afterlore.brief.desk.edits import (
    Deed,
    Drop,
    Edit,
    Merge,
    Move,
    Pin,
    Promote,
    Published,
    Recategorise,
    Reject,
    Relabel,
    Retitle,
    Split,
    Undo,
    live,
    undone,
)
from afterlore.brief.desk.learned import Learned
from afterlore.brief.desk.session import Desk
from afterlore.brief.desk.state import State, key_of
from afterlore.brief.desk.taste import Preference
from afterlore.brief.publish.edition import StoryEntry
from afterlore.brief.stories import Candidate
from afterlore.brief.write.titles import short_title
from afterlore.core import Claim
from afterlore.text.language import language
from afterlore.web.urls import is_web

__all__ = ["Viewer"]

_NEAR = 120
"""Characters of a source shown on each side of a quote."""
_LEAD = 240
_LEAST = 0.005
"""Points of score below which a preference would be shown as nothing."""
_TOP_REASONS = 3
_Line = dict[str, Any]


class Viewer:
    """What the pages of one desk show. Titles are worked out once."""

    def __init__(self, desk: Desk, language: str) -> None:
        self._desk = desk
        self._language = language
        self._words = words_of(language)
        self._titles: dict[tuple[str, ...], str] = {}

    def day(self, state: State, selected: str | None) -> _Line:
        """The main page: what is told, what waits, what was dropped, and one story in full."""
        edits = live(state.events)
        told = [self._row(state, one, edits, place, len(state.told)) for place, one in enumerate(state.told, 1)]
        waiting = [self._row(state, one, edits, None, 0) for one in state.waiting]
        dropped = [self._row(state, one, edits, None, 0) for one in state.dropped]
        known = {key_of(one): one for one in state.drafted.telling.candidates}
        chosen = known.get(selected or "")
        return {
            "told": told,
            "waiting": waiting,
            "dropped": dropped,
            "chosen": self._story(state, chosen, edits) if chosen else None,
            "categories": state.request.vertical.category_names,
            "labels": _labels(state),
        }

    def changes(self, found: Changes | None) -> _Line | None:
        """Changes as groups of lines; None when there is nothing to compare with."""
        if found is None:
            return None
        return {
            "any": bool(found),
            "stories": [self._change(one) for one in found.stories],
            "others": _pairs(
                (self._words["more_others"], found.others_added), (self._words["fewer_others"], found.others_removed)
            ),
        }

    def learned(self, found: Learned) -> _Line:
        """What this desk has learned: what its editors choose and pass over, and how they group."""
        liked, passed = found.taste.summary(self._language)
        most = max((abs(one.effect) for one in (*liked, *passed)), default=1.0)
        return {
            "days": len(found.taste.days),
            "any": found.anything,
            "liked": [_preference(one, most) for one in liked if abs(one.effect) >= _LEAST],
            "passed": [_preference(one, most) for one in passed if abs(one.effect) >= _LEAST],
            "threshold": found.threshold.why(self._language),
        }

    def history(self, state: State) -> list[_Line]:
        """All events, the last first."""
        out = undone(state.events)
        lapsed = {one.edit.seq: self._words[f"no_{one.lapse}"] for one in state.drafted.outcomes if one.lapse}
        lines = []
        for event in reversed(state.events):
            status = "undone" if event.seq in out else "lapsed" if event.seq in lapsed else "counts"
            lines.append(
                {
                    "seq": event.seq,
                    "at": event.at.astimezone(state.request.vertical.zone),
                    "said": self.said(state, event),
                    "status": status,
                    "why": lapsed.get(event.seq, ""),
                    "undo": None if isinstance(event, Published) or event.seq in out else self._undo_word(event),
                    "published": isinstance(event, Published),
                }
            )
        return lines

    def said(self, state: State, event: Edit) -> str:
        """What an event did, in one line."""
        name = f"did_{event.verb}"
        if isinstance(event, Merge):
            return self._say(name, n=len(event.stories), title=self._of(state, [i for s in event.stories for i in s]))
        if isinstance(event, Split):
            return self._say(name, n=len(event.out), title=self._of(state, event.story))
        if isinstance(event, Pin | Promote | Drop | Reject):
            return self._say(name, title=self._of(state, event.story))
        if isinstance(event, Move):
            title, anchor = self._of(state, event.story), self._of(state, event.anchor)
            return self._say(f"{name}_{event.side}", title=title, anchor=anchor)
        if isinstance(event, Retitle):
            return self._say(name, to=event.title)
        if isinstance(event, Recategorise):
            return self._say(name, to=event.category, title=self._of(state, event.story))
        if isinstance(event, Relabel):
            return self._say(name, to=event.label, title=self._of(state, event.story))
        return self._say(name, n=event.of) if isinstance(event, Undo) else self._say(name)

    def undoable(self, state: State, seq: int) -> _Line | None:
        """The status line of an event that was just done: what it did, and the word for taking it back."""
        if not 0 < seq <= len(state.events):
            return None
        event = state.events[seq - 1]
        word = None if isinstance(event, Published) or seq in undone(state.events) else self._undo_word(event)
        said = self.said(state, event)
        if lost := [self.said(state, one) for one in self._desk.lapsed_by(seq)]:
            said = self._say("lost", said=said, lost=self._words["between"].join(lost))
        return {"said": said, "seq": seq, "undo": word}

    def place_of(self, state: State, event: Edit) -> str | None:
        """The key of the story that an event was about, as it is now."""
        if not isinstance(event, Deed):
            return None
        ids = [one for story in event.stories for one in story] if isinstance(event, Merge) else event.story
        candidates = state.drafted.telling.candidates
        place = match(ids, [one.group.ids for one in candidates])
        return key_of(candidates[place]) if place is not None else None

    def _undo_word(self, event: Edit) -> str:
        return self._words["redo" if isinstance(event, Undo) else "undo"]

    def _say(self, name: str, **values: object) -> str:
        return self._words[name].format(**values)

    def _of(self, state: State, ids: Iterable[str]) -> str:
        candidates = state.drafted.telling.candidates
        place = match(ids, [one.group.ids for one in candidates])
        return self._title(state, candidates[place]) if place is not None else self._words["gone_story"]

    def _title(self, state: State, one: Candidate) -> str:
        entry = _entry(state, one)
        if entry:
            return entry.title
        key = tuple(article.id for article in one.group.articles)
        if key not in self._titles:
            self._titles[key] = short_title(one.group.articles, state.request.vertical)[0]
        return self._titles[key]

    def _row(self, state: State, one: Candidate, edits: Sequence[Edit], number: int | None, last: int) -> _Line:
        entry = _entry(state, one)
        title = self._title(state, one)
        held = next((edit for edit in _touching(edits, one, Pin, Promote, Drop) if one.mark), None)
        return {
            "key": key_of(one),
            "number": number,
            "title": title,
            "lang": language(title),
            "category": entry.category if entry else None,
            "articles": self._count("article", len(one.group.articles)),
            "rank": self._say("rank", n=one.place),
            "state": None if one.state in ("told", "dropped") else self._words[f"state_{one.state}"],
            "can_tell": one.state in ("listed", "below"),
            "mark": one.mark,
            "held_by": held.seq if held else None,
            "marks": self._marks(one, entry, edits),
            "why": [reason.why for reason in one.ranked.reasons if reason.value > 0][:_TOP_REASONS],
            "first": number == 1,
            "last": number == last,
        }

    def _count(self, word: str, number: int) -> str:
        return self._words[word if number == 1 else f"{word}s"].format(n=number)

    def _marks(self, one: Candidate, entry: StoryEntry | None, edits: Sequence[Edit]) -> list[tuple[str, str]]:
        rejected = len({edit.claim for edit in _touching(edits, one, Reject) if isinstance(edit, Reject)})
        found = {
            "pinned": one.mark == "pinned",
            "promoted": one.mark == "promoted",
            "moved": any(_touching(edits, one, Move)),
            "merged": any(_touching(edits, one, Merge)),
            "split": any(_touching(edits, one, Split)),
            "titled": bool(entry and entry.title_by == "editor"),
            "category": bool(entry and any(_touching(edits, one, Recategorise))),
            "rejected": bool(entry and rejected),
            "differ": bool(entry and entry.disagreements),
            "follows": bool(entry and entry.follows),
        }
        return [(name, self._say(f"mark_{name}", n=rejected)) for name, holds in found.items() if holds]

    def _story(self, state: State, one: Candidate, edits: Sequence[Edit]) -> _Line:
        entry = _entry(state, one)
        telling = state.drafted.telling
        title = self._title(state, one)
        texts = {article.sha256: article.text for article in one.group.articles}
        outlets = {article.id: article.outlet for article in one.group.articles}
        lead = one.group.articles[0]
        mine = [edit for at, edit in enumerate(edits) if _touches(edit, one, edits[at + 1 :])]
        story: _Line = {
            "key": key_of(one),
            "title": title,
            "lang": language(title),
            "told": entry is not None,
            "state": None if one.state in ("told", "dropped") else self._words[f"state_{one.state}"],
            "score": f"{one.ranked.score:.2f}",
            "reasons": _reasons(one),
            "articles": [self._article(state, article) for article in one.group.articles],
            "copies": [self._article(state, article) for article in one.group.reposts],
            "lead": {"text": lead.text[:_LEAD], "cut": len(lead.text) > _LEAD, "lang": lead.language},
            "done": [{"seq": edit.seq, "said": self.said(state, edit)} for edit in reversed(mine)],
            "rejected": [
                {"seq": edit.seq, "text": telling.made[edit.claim].text, "lang": telling.made[edit.claim].language}
                for edit in mine
                if isinstance(edit, Reject) and edit.claim in telling.made
            ],
        }
        if entry:
            claims = {claim: telling.claims[claim] for claim in (*entry.insight, *(b.claim for b in entry.bullets))}
            story |= {
                "category": entry.category,
                "category_why": self._say("because", why=entry.category_reason) if entry.category_reason else "",
                "by_editor": entry.title_by == "editor",
                "titled_by": next((edit.seq for edit in _touching(edits, one, Retitle)), None),
                "source_title": self._say("source_title", title=telling.titles[entry.id]),
                "warnings": self._warnings(entry, one),
                "insight": [self._claim(claims[claim], texts, outlets) for claim in entry.insight],
                "bullets": [
                    {**self._claim(claims[bullet.claim], texts, outlets), "label": bullet.label}
                    for bullet in entry.bullets
                ],
            }
        return story

    def _warnings(self, entry: StoryEntry, one: Candidate) -> list[str]:
        if entry.title_by != "editor":
            return []
        return [
            self._say("warn_two" if found.source_says else "warn_one", says=found.claim_says, source=found.source_says)
            for found in self._desk.warnings(entry.title, one.group.articles)
        ]

    def _claim(self, claim: Claim, texts: Mapping[str, str], outlets: Mapping[str, str]) -> _Line:
        return {
            "id": claim.id,
            "text": claim.text,
            "lang": claim.language,
            "short": claim.text[:24],
            "rung": claim.rung.value,
            "rung_said": self._say(f"rung_{claim.rung.value}", n=len(claim.outlets_for)),
            "evidence": [
                {
                    "outlet": outlets[evidence.article],
                    "lang": language(evidence.quote),
                    "before": _tail(texts[evidence.sha256][: evidence.start]),
                    "quote": evidence.quote,
                    "after": _head(texts[evidence.sha256][evidence.end :]),
                }
                for evidence in claim.evidence
            ],
        }

    def _article(self, state: State, article: Article) -> _Line:
        return {
            "id": article.id,
            "title": article.title,
            "lang": article.language,
            "outlet": article.outlet,
            "at": article.published.astimezone(state.request.vertical.zone) if article.published else None,
            "address": article.url if is_web(article.url) else None,
        }

    def _change(self, one: StoryChange) -> _Line:
        words = self._words
        if one.was is None or one.now is None:
            kind = "came" if one.was is None else "went"
            place = self._say("place", n=one.now or one.was)
        else:
            kind = "moved" if one.moved else "changed"
            place = self._say("place", n=one.now) if one.was == one.now else self._say("from_to", a=one.was, b=one.now)
        return {
            "kind": kind,
            "kind_said": words[kind],
            "place": place,
            "title": one.title,
            "lang": language(one.title),
            "lines": _pairs(
                (words["was_titled"], [one.title_before] if one.title_before else []),
                (words["was_category"], [f"{one.category[0]} → {one.category[1]}"] if one.category else []),
                (words["was_label"], [f"{before} → {after}" for before, after in one.labels]),
                (words["more_articles"], one.articles_added),
                (words["fewer_articles"], one.articles_removed),
                (words["more_claims"], one.claims_added),
                (words["fewer_claims"], one.claims_removed),
            ),
        }


def _entry(state: State, one: Candidate) -> StoryEntry | None:
    if one.state != "told":
        return None
    key = key_of(one)
    return next(story for story in state.drafted.edition.stories if story.id == key)


def _touches(edit: Edit, one: Candidate, after: Sequence[Edit]) -> bool:
    if not isinstance(edit, Deed):
        return False
    if isinstance(edit, Merge):
        return any(set(story) <= one.group.ids for story in edit.stories)
    if isinstance(edit, Split):
        return bool(set(edit.story) & one.group.ids)
    parts = sides(edit.story, after)
    heard = parts if isinstance(edit, Relabel | Reject) else parts[:1]
    return any(match(part, [one.group.ids]) is not None for part in heard)


def _touching(edits: Sequence[Edit], one: Candidate, *kinds: type[Any]) -> list[Edit]:
    """The live events of these kinds on a story, the last first."""
    found = [edit for at, edit in enumerate(edits) if isinstance(edit, kinds) and _touches(edit, one, edits[at + 1 :])]
    return found[::-1]


def _preference(one: Preference, most: float) -> _Line:
    return {
        "text": one.text,
        "value": f"{one.effect:+.2f}".replace("-", "−"),
        "width": max(1, round(100 * abs(one.effect) / most)),
        "chosen": one.chosen,
        "seen": one.seen,
        "down": one.effect < 0,
    }


def _reasons(one: Candidate) -> list[_Line]:
    most = max((abs(reason.value) for reason in one.ranked.reasons), default=1.0)
    return [
        {
            "why": reason.why,
            "value": f"{reason.value:+.2f}".replace("-", "−"),
            "width": max(1, round(100 * abs(reason.value) / most)),
            "down": reason.value < 0,
        }
        for reason in one.ranked.reasons
    ]


def _labels(state: State) -> list[str]:
    vertical = state.request.vertical
    forms = vertical.form_labels.model_dump().values()
    return list(dict.fromkeys([*(label.name for label in vertical.labels), *forms]))


def _pairs(*groups: tuple[str, Sequence[str]]) -> list[_Line]:
    return [{"name": name, "texts": texts} for name, texts in groups if texts]


def _tail(text: str) -> str:
    line = text.rpartition("\n")[2]
    return f"…{line[-_NEAR:]}" if len(line) > _NEAR else line


def _head(text: str) -> str:
    line = text.partition("\n")[0]
    return f"{line[:_NEAR]}…" if len(line) > _NEAR else line

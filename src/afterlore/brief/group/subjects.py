"""Whether the titles of two texts name different things.

A title names what its text is about, if the text takes the name up again; what only the title has is often a pun or a
mood. Two texts each of whose titles names something that the other hardly mentions are about different things, however
many words they share: two products of one conference, two funding rounds told from one template.
"""

from collections.abc import Sequence

from afterlore.brief.group.field_words import everyday
from afterlore.text.names import aliases, names
from afterlore.text.ngrams import fold, nameness, words

__all__ = ["Subjects"]

# A word counts as a name when a general dictionary knows it hardly or not at all.
_NAME = 0.9


class Subjects:
    """Texts with their titles, read as they are asked for."""

    def __init__(self, titled: Sequence[tuple[str, str]], *, lead_length: int = 300) -> None:
        """``titled`` holds (title, text)."""
        self._titled = titled
        self._lead_length = lead_length
        self._folded: dict[int, str] = {}
        self._names: dict[int, tuple[str, ...]] = {}

    def missing(self, i: int, j: int) -> int:
        """How many of the two titles, 0 to 2, name something that the other text mentions in passing at most."""
        return self._unmentioned(i, j) + self._unmentioned(j, i)

    def _unmentioned(self, i: int, j: int) -> bool:
        theirs = self._fold(j)
        head = theirs[: len(self._titled[j][0]) + self._lead_length]
        return any(theirs.count(name) < 2 and name not in head for name in self._named(i))

    def _fold(self, i: int) -> str:
        text = self._folded.get(i)
        if text is None:
            text = self._folded[i] = fold("\n".join(self._titled[i]))
        return text

    def _named(self, i: int) -> tuple[str, ...]:
        found = self._names.get(i)
        if found is None:
            title = self._titled[i][0]
            body = self._fold(i)[len(fold(title)) :]
            unknown = {w for w in words(title) if nameness(w) > _NAME and not everyday(w) and w[0].isalpha()}
            # Public names go by several spellings, and stand in stories of all kinds.
            named = {fold(name.text) for name in names(title) if name.strong and name.key not in aliases()[1]}
            taken = {w for w in unknown if body.count(w) > 1} | {w for w in named if w in body and not everyday(w)}
            found = self._names[i] = tuple(sorted(taken))
        return found

"""In which order prompts are seen, so that the two forms of a question always meet in one batch.

With a shuffle over prompts, or with several processes, a question and its rewording land in different batches, and
neither has the other's vote. Here questions are permuted, and a question's forms are emitted side by side.
"""

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler

from afterlore.core import InputError

__all__ = ["PairSampler"]


class PairSampler(Sampler[int]):
    """Rows of a data set in which the forms of one question are neighbours: ``forms`` rows for each question.

    Yields, for each step, ``questions`` questions × ``forms`` × ``group`` copies of a row, the whole step ``repeats``
    times (once for each slice that is taken of it). All steps of a run are one sequence, a function of the seed alone:
    whoever resumes skips to where it stopped.
    """

    def __init__(
        self, rows: int, *, questions: int, forms: int, group: int, steps: int, seed: int, repeats: int = 1
    ) -> None:
        self._pairs, rest = divmod(rows, forms)
        if rest or self._pairs < questions:
            raise InputError(
                f"a step takes {questions} questions in {forms} forms, but there are {rows} prompts; "
                "give it more questions, or take fewer of them for each step"
            )
        self._questions, self._forms, self._group = questions, forms, group
        self._steps, self._seed, self._repeats = steps, seed, repeats

    def __len__(self) -> int:
        return self._steps * self._questions * self._forms * self._group * self._repeats

    def __iter__(self) -> Iterator[int]:
        chosen = self._orders()
        for _ in range(self._steps):
            step = [next(chosen) for _ in range(self._questions)]
            for _ in range(self._repeats):
                for pair in step:
                    for form in range(self._forms):
                        yield from [pair * self._forms + form] * self._group

    def _orders(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed)
        # What does not fill a step is left for another pass: no question stands in one step twice.
        whole = self._pairs - self._pairs % self._questions
        while True:
            yield from torch.randperm(self._pairs, generator=generator)[:whole].tolist()

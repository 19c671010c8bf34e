"""Law of the panel: what it shows can be read back, and it is drawn when that changes and at no other time."""

from typing import Any

import numpy as np

from afterlore.lab.laws.law import Check, Law
from afterlore.lab.parts.panel import Field, Panel
from afterlore.lab.parts.rig import Rig, table

__all__ = ["panel"]

_PANEL = Panel((Field("temperature", "°C", 4, 1), Field("time", "s", 4), Field("speed", "rpm", 4)))


def panel(part: Panel = _PANEL) -> Law:
    """Random values go in; pixels of the model's own texture are read, and the drawings are counted."""
    spec, mount = table()
    part.build(spec, mount)
    rig = Rig(spec, {"": part})
    bound: Any = rig.bound[""]
    state = rig.state[""]
    model = rig.model
    wide, tall = part.pixels
    rng = np.random.default_rng(5)
    misread = drawn = changed = 0
    last = None
    for round_ in range(300):
        # Small steps too, so that values change which the display rounds away.
        state["values"][:] += rng.choice([1e-3, 1.0]) * rng.uniform(-2, 2, 3)
        if round_ % 10 == 0:
            state["values"][:] = rng.uniform([-99, 0, 0], [999, 9999, 9999])
        shown = _PANEL.reference(state["values"][0])
        changed += last is None or not np.array_equal(shown, last)
        last = shown
        drawn += bound.draw(model, state, 0) is not None
        pixels = model.tex_data[: wide * tall * 3].reshape(tall, wide, 3)[::-1]
        misread += not np.array_equal(part.read(pixels), shown)
    return Law(
        "a display shows its values, is redrawn when they change, and is not when they do not",
        (
            Check("pictures that read otherwise", float(misread), 0, "pictures"),
            Check("drawings without a change, or changes without one", float(drawn - changed), 0, "drawings"),
        ),
    )

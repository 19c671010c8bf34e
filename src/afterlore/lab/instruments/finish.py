"""What surfaces are made of: finishes that catch the light in their own way, and the shapes that wear them."""

from collections.abc import Sequence
from typing import Any

from afterlore.core import InputError
from afterlore.lab.meshes import Mesh, seen

__all__ = ["ALUMINIUM", "BLACK", "FINISHES", "RUBBER", "STEEL", "finish", "show"]

ALUMINIUM = (0.66, 0.68, 0.71, 1.0)
STEEL = (0.78, 0.79, 0.81, 1.0)
RUBBER = (0.11, 0.115, 0.125, 1.0)
BLACK = (0.035, 0.035, 0.04, 1.0)

FINISHES = {
    "plastic": (0.35, 0.45),
    "rubber": (0.08, 0.10),
    "metal": (0.75, 0.60),
    "glass": (0.90, 0.90),
    "ink": (0.02, 0.05),
}
"""Specular and shininess, by name."""


def finish(spec: Any, kind: str) -> str:
    """Make a finish known to a model, once; gives its material's name. Raises InputError for one that is none."""
    if kind not in FINISHES:
        raise InputError(f"no finish {kind!r}; there are: {', '.join(FINISHES)}")
    name = f"finish-{kind}"
    if spec.material(name) is None:
        specular, shininess = FINISHES[kind]
        spec.add_material(name=name, specular=specular, shininess=shininess)
    return name


def show(spec: Any, body: Any, name: str, mesh: Mesh, rgba: Sequence[float], kind: str = "plastic", **more: Any) -> Any:
    """A mesh that is seen and touches nothing, of a colour and a finish."""
    return seen(body, mesh.add(spec, name), rgba, material=finish(spec, kind), **more)

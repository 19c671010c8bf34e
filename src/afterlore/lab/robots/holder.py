"""A pipette holder: what an arm carries in place of a gripper, to pipette with.

A clamp holds the pipette's handle along the flange's z, its tip away from the arm; a thumb pushes the plunger.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from afterlore.lab.instruments.housing import DARK, apart, box, solid, words
from afterlore.lab.meshes import holed, revolved, seen
from afterlore.lab.parts.part import Part, massive
from afterlore.lab.robots.arm import carried
from afterlore.lab.ware.pipette import Pipette

__all__ = ["Holder"]

_STEEL = (0.60, 0.63, 0.67, 1.0)
_SHELL = (0.27, 0.30, 0.34, 1.0)
_THROAT = 0.050
"""From the flange to the cap of the plunger at rest."""
_SIDE = 0.0225
"""From the pipette's axis to the middle of the spine beside it."""
_PUSH = 1 << 7
"""Collision bit by which the thumb pushes the cap: what is carried does not touch itself otherwise."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Metres, kilograms, newtons."""

    pipette: Pipette
    force: float = 40.0
    """That the thumb pushes with, at most: twice what holds a plunger at its second stop."""
    stiffness: float = 1e5
    """Of the thumb's servo, N/m: it falls short by the plunger's force over this, 0.2 mm at the second stop."""
    clear: float = 5e-4
    """Between the thumb and the cap where the thumb is drawn back."""
    mass: float = 0.55

    @property
    def parts(self) -> Mapping[str, Part]:
        """Those of the pipette."""
        return self.pipette.parts

    @property
    def reach(self) -> float:
        """From the flange to the open end of the tip, along z: the ``tool`` of a ``Solver``."""
        return _THROAT + self.pipette.height + self.pipette.reach

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Add it, with its pipette and a tip, at the origin of ``body``, which it leaves along z; gives the body at the
        tip's open end, whose z looks the way that the tip does.

        The actuator ``<prefix>thumb`` takes how far the plunger is pushed, in metres: ``pipette.stop(volume)`` is the
        first stop, and what is beyond it blows out. At 0 the thumb lies on the cap; at ``-clear``, where it begins, it
        is off it. It pushes with ``force`` at most.
        """
        frame = massive(body, f"{prefix}holder", self.mass, (2e-3, 2e-3, 4e-4), (0.008, 0, 0.08), gravcomp=1)
        self._frame(spec, frame, prefix)
        place = _THROAT + self.pipette.height
        # Half a turn about x: the pipette's plunger looks to the flange.
        spot = frame.add_body(name=f"{prefix}clamp", pos=[0, 0, place], quat=[0, 1, 0, 0])
        held = self.pipette.build(spec, spot, prefix)
        held.gravcomp = 1
        thumb = self._thumb(spec, frame, prefix)
        for one in (thumb, spec.body(f"{prefix}pump/plunger")):
            apart(spec, frame, one)
        apart(spec, held, thumb)
        carried(frame)
        spec.geom(f"{prefix}press").contype = _PUSH
        spec.geom(f"{prefix}push").conaffinity |= _PUSH
        return frame.add_body(name=f"{prefix}tip_end", pos=[0, 0, self.reach])

    def _thumb(self, spec: Any, frame: Any, prefix: str) -> Any:
        furthest = self.pipette.pump.travel + self.pipette.pump.blowout
        thumb = massive(frame, f"{prefix}thumb", 0.06, (1e-5, 1e-5, 1e-5), (0, 0, 0.03), gravcomp=1)
        thumb.add_joint(
            name=f"{prefix}thumb",
            type=mujoco.mjtJoint.mjJNT_SLIDE,
            axis=[0, 0, 1],
            # The shape is drawn where the thumb is drawn back.
            ref=-self.clear,
            range=[-2 * self.clear, furthest + self.clear],
            armature=0.5,
        )
        low = _THROAT - self.clear
        pad = [(0, low - 0.0030), (0.0095, low - 0.0030), (0.0095, low - 0.0006), (0.0088, low), (0, low)]
        seen(thumb, revolved(pad).add(spec, f"{prefix}pad"), DARK)
        rod = [(0, low - 0.024), (0.0042, low - 0.024), (0.0042, low - 0.002), (0, low - 0.002)]
        seen(thumb, revolved(rod, sides=24).add(spec, f"{prefix}thumb_rod"), _STEEL)
        thumb.add_geom(
            name=f"{prefix}press",
            type=mujoco.mjtGeom.mjGEOM_SPHERE,
            size=[0.008, 0, 0],
            pos=[0, 0, low - 0.008],
            group=3,
            mass=0,
            # Contacts are softened by mass, and a plunger weighs 10 g: MuJoCo's own would give way by millimetres.
            solref=[0.004, 1],
            solimp=[0.999, 0.9999, 1e-4, 0.5, 2],
            condim=1,
            priority=1,
        )
        servo = spec.add_actuator(name=f"{prefix}thumb", target=f"{prefix}thumb", trntype=mujoco.mjtTrn.mjTRN_JOINT)
        servo.set_to_position(kp=self.stiffness, kv=2 * float(np.sqrt(self.stiffness * 0.56)))
        servo.ctrlrange = [-self.clear, furthest]
        servo.forcerange = [-self.force, self.force]
        return thumb

    def _frame(self, spec: Any, frame: Any, prefix: str) -> None:
        disc = [(0, 0), (0.0305, 0), (0.0315, 0.001), (0.0315, 0.008), (0.0305, 0.009), (0, 0.009)]
        seen(frame, revolved(disc).add(spec, f"{prefix}disc"), _STEEL)
        box(spec, frame, f"{prefix}motor", (0.0235, 0.0225, 0.0170), (0, 0, 0.0255), _SHELL, radius=0.005)
        end = _THROAT + self.pipette.height - 0.118
        half = (0.0042, 0.0150, end / 2 - 0.006)
        box(spec, frame, f"{prefix}spine", half, (_SIDE, 0, end / 2 + 0.006), _SHELL, radius=0.0035)
        words(
            spec,
            frame,
            f"{prefix}brand",
            self.pipette.name.replace("ul", " ul"),
            (0, 0.0226, 0.0255),
            (0.030, 0.0085),
            ink=(235, 238, 240),
            ground=(69, 77, 87),
            euler=(-np.pi / 2, 0, 0),
        )
        for number, height in enumerate((0.126, 0.160)):
            level = _THROAT + self.pipette.height - height
            clamp = holed((0.0225, 0.0205, 0.0060), 0.0172, sides=48).add(spec, f"{prefix}jaw{number}")
            seen(frame, clamp, _STEEL, pos=[0.002, 0, level])
            ring = [(0.0115, -0.0052), (0.0178, -0.0052), (0.0178, 0.0052), (0.0115, 0.0052), (0.0115, -0.0052)]
            seen(frame, revolved(ring).add(spec, f"{prefix}rubber{number}"), DARK, pos=[0, 0, level])
        solid(frame, f"{prefix}housing", (0.0235, 0.0225, 0.0215), (0, 0, 0.0215))
        solid(frame, f"{prefix}side", (0.005, 0.0205, end / 2 - 0.022), (_SIDE, 0, end / 2 + 0.022))

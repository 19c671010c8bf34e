"""Robot arms from published kinematics, masses and limits, with primitive shapes; and what they hold things with."""

__all__: list[str] = []

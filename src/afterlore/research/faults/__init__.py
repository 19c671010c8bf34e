"""Everything that can go wrong around an agent, and how its run must end nevertheless."""

from afterlore.research.faults.bench import Row, bench
from afterlore.research.faults.scenarios import SCENARIOS, Scenario

__all__ = ["SCENARIOS", "Row", "Scenario", "bench"]

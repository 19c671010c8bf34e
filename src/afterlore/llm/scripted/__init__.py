"""A scripted model behind a real endpoint: public, so that whatever talks to models can be tested offline.

Nothing here shows what a model can do. It shows what happens around one.
"""

from afterlore.llm.scripted.endpoint import Mode, ScriptedEndpoint, Seen
from afterlore.llm.scripted.faults import FAULTS, Fault, Garbled, Rule, When, faulty, rate_limited
from afterlore.llm.scripted.searcher import searcher
from afterlore.llm.scripted.turn import Answer, Body, Broken, Policy, Raw, Turn, call, in_turn, say

__all__ = [
    "FAULTS",
    "Answer",
    "Body",
    "Broken",
    "Fault",
    "Garbled",
    "Mode",
    "Policy",
    "Raw",
    "Rule",
    "ScriptedEndpoint",
    "Seen",
    "Turn",
    "When",
    "call",
    "faulty",
    "in_turn",
    "rate_limited",
    "say",
    "searcher",
]

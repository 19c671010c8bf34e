"""Afterlore turns news into knowledge, with agents that learn from what they did.

Floors, bottom to top (a package imports only from floors below its own; ``tests/test_house.py`` holds this)::

    7  app                      command line; wires the parts together
    6  brief                    a daily brief in which every claim points to its source sentence
    2  journal, web             the outside world: durable state, the one safe fetcher
    1  text, stats              pure helpers
    0  core                     what every part speaks
"""

__all__ = ["__version__"]

__version__ = "0.1.0"

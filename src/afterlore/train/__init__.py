"""Reinforcement learning on rewards that can be checked, and on rewards that need no labels.

After the RLVR recipe of DeepSeek-R1 (arXiv 2501.12948) and *Co-rewarding: Stable Self-supervised RL for Eliciting
Reasoning in Large Language Models* (arXiv 2508.00410), on TRL. ``methods`` says what can be rewarded and ``rewards``
how; ``trainer`` is TRL's with votes gathered over processes and a ``teacher`` that follows; ``run`` goes from
``settings`` and ``data`` to checkpoints, watched by the ``monitor``; ``plan`` says beforehand what it takes; ``toy``
runs every method on a tiny model, from scratch, on a CPU.

::

    afterlore train run CONFIG.toml --dry-run
    afterlore train toy
"""

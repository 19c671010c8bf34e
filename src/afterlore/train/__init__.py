"""Reinforcement learning on rewards that can be checked, and on rewards that need no labels.

After the RLVR recipe of DeepSeek-R1 (arXiv 2501.12948) and *Co-rewarding: Stable Self-supervised RL for Eliciting
Reasoning in Large Language Models* (arXiv 2508.00410). Here so far: rewards and advantages of groups of answers
(``rewards``) and the schedule of the teacher (``schedule``), as plain functions. There is no trainer yet.

::

    afterlore train schedule --steps 300
"""

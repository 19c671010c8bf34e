"""Questions of several hops, made from a corpus without a model: its pages are entities, its sentences the facts.

After *Re-TRAC: REcursive TRAjectory Compression for Deep Search Agents* (arXiv 2602.02486), which grows an entity tree
from encyclopedia pages (entity, facts, child entities), samples sub-trees, makes the facts vague and has a model write
the questions. Unlike there no model is needed: a fact is the words of one sentence between two names, a question is
written by templates from those words, and each one is checked: every fact has its quote in a page, no other entity of
the corpus is linked in the same way, and the answer does not stand in the question. Where a model is given it may only
reword, and its wording must pass the same checks.

::

    afterlore research synth --corpus PATH --n N --out FILE.jsonl

What this does not cover: facts that take more than one sentence, relations said in other words (*set up* for
*founded*), and rivals that the corpus mentions but has no page about. An answer is unique in the corpus, not in the
world.
"""

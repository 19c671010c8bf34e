"""A digital biology laboratory: instruments with physics that obeys its laws, for robot policies.

After *AutoBio: A Simulation and Benchmark for Robotic Automation in Digital Biology Laboratory* (arXiv 2505.14030).
Its assets and code carry no licence: everything here is made by us, procedurally. ``parts`` holds the physics,
``verify`` the laws that it must obey, ``mutate`` shows that the checks can fail.

::

    afterlore lab verify --all
    afterlore lab mutate
"""

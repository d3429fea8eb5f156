"""What is to be done, decided without a cloud: graph, diff, guard, and the steps that carry a plan out.

Belongs here: pure functions over values of `model`; the same input gives the same plan. Does not belong here: a client, a
clock, the environment, or knowledge of one kind. May be imported by `run`, `preflight` and `cli`; imports `model` only.
"""

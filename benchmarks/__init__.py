"""Figures of the tool: calls, CPU and memory, and the limits that they keep to.

Calls are counted by the local cloud, and asserted by tests/benchmarks. CPU is given as a ratio to `python -c pass` where the
machine would matter else. `make bench` prints all of it; it fails where a limit is passed.
"""

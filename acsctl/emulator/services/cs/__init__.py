"""Product CS 2015-12-15, the container service ACK: clusters, node pools, addons and their tasks; one file per kind of thing.

What runs inside a cluster is not here but at its control plane (acsctl/emulator/kubernetes); the records of types.py are
what both sides read.
"""

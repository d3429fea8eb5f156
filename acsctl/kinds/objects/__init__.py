"""What the kind `workload` is made of: wanted objects and their sources, what lists and dry runs show, comparison, writes.

Belongs here: how a stack's objects in a cluster are read, compared and written. Does not belong here: Kubernetes by itself,
which is kube's. May be imported by kinds/workload.py.
"""

"""What is known of each resource, one file per kind.

Belongs here: a kind's schema, and its calls to list, create, change and delete. `contract.py` says how to add one,
`registry.py` lists them, `marks.py` is what they share. Does not belong here: retrying (`cloud`), waiting and
ordering (`run`), comparing (`plan`). May be imported by `run`, `preflight` and `cli`; imports `cloud`, `kube`, `model`.
"""

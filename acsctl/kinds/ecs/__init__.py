"""How ECS instances are seen, chosen, made and changed: the parts of the kind `instance`, which is too large for one file.

Belongs here: `rows` (lists and rows to live things), `catalogue` (images and stock), `launch` (RunInstances), `alter`
(changes, with the restarts that they need). Does not belong here: the schema and the contract, which are `kinds/instance.py`.
May be imported by kinds only.
"""

"""What the kinds of Container Service share: clusters, tasks, nodes and node pools as the API tells them (product cs).

Belongs here: reading rows, address arithmetic, versions, limits. Does not belong here: schemas, which are the kinds'.
May be imported by kinds alone.
"""

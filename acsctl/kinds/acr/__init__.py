"""What the kind `registry` does with Container Registry: namespaces and repositories, the instance's doors, marks in summaries.

Belongs here: reading and writing of product cr. Does not belong here: the schema, which is the kind's.
May be imported by kinds alone.
"""

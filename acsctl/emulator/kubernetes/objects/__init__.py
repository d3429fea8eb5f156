"""What the built-in API server knows of objects: kinds, schemas, defaults, rules, patches and field ownership.

Values are plain JSON dicts. Nothing here speaks, stores or changes its arguments; only metadata is read, once.
"""

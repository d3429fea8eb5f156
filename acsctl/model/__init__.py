"""Values: frozen dataclasses that every other room hands around.

Belongs here: what a thing is called, wanted, seen, changed and told. Does not belong here: input or output of any sort, or
knowledge of one kind. May be imported by every room but `emulator`; imports `errors` only.
"""

"""Values and events -> terminal, JSON lines, text.

Belongs here: everything that a person or a program reads of a run, and the only code that prints. `contract.py` has the
interface, with one implementation for people (`human.py`) and one for programs (`jsonlines.py`). What lies beneath are pure
functions from values to lines. Does not belong here: knowledge of one kind or of the cloud, and asking the environment: what a
view needs of it is handed in. May be imported by `cli`; imports `model` and `errors`, and alone imports rich. This module and
`contract.py` load neither.
"""

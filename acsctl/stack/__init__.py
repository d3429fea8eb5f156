"""Text -> desired: the stack language, with every problem collected and placed.

    load(path, Inputs(values, files, environ), schemas) -> Stack     raises errors.StackError with all problems
    render(path, Inputs(...), schemas) -> str                        the stack with everything known evaluated
    edit.write_adopt(place, ids)                                     an `adopt:` line, written into the file

Belongs here: YAML with places, expressions, modules, references, validation by the schemas that are handed in. Does not
belong here: what a kind is (kinds), the cloud, the record, words for a terminal (view). Nothing here reads the environment, a
clock or the network.
May be imported by cli; imports errors, model and sandbox.

The way: files (limits) -> tree (YAML with places) -> document (blocks and words) -> modules (their files) -> analysis
(expressions checked, cycles named) -> instance (evaluation in order; expand, evaluate, fields, references) -> finish (checks
of the kinds, outputs).
"""

from __future__ import annotations

from acsctl.stack.loading import load
from acsctl.stack.render import render
from acsctl.stack.session import Inputs

__all__ = ["Inputs", "load", "render"]

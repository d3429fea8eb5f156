"""The local cloud: a double of Alibaba Cloud that real SDKs and other clients talk to over HTTP.

Belongs here: the wire forms, signatures, validation by the published metadata, state machines with time, and the behaviour
of each service. Does not belong here: anything of the tool that is tested against it. This package imports nothing else of
acsctl, and is written from the sheets and the metadata alone, so that a wrong belief on either side of the wire shows.
Only acsctl.cli imports it.

The way of a request is the list at the head of application.py; how to add a service is told in services/__init__.py.
"""

from acsctl.emulator.faults import Mistake, MistakesError
from acsctl.emulator.faults.files import read_text, read_words
from acsctl.emulator.kubernetes.nodes import MissingPartsError
from acsctl.emulator.kubernetes.nodes import lines as node_lines
from acsctl.emulator.options import Options, run
from acsctl.emulator.server import Server

__all__ = ["MissingPartsError", "Mistake", "MistakesError", "Options", "Server", "node_lines", "read_text", "read_words", "run"]

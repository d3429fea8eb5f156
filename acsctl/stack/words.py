"""The words of the language, and what other tools call them."""

from __future__ import annotations

import re

TOP = frozenset(
    ["stack", "region", "account", "variables", "locals", "tags", "record", "resources", "modules", "moved", "outputs"]
)
MODULE_TOP = frozenset(["variables", "locals", "tags", "resources", "modules", "outputs"])
RESOURCE = frozenset(
    ["kind", "when", "for_each", "needs", "existing", "adopt", "protect", "retain", "ignore", "timeout", "tags"]
)
BESIDE_EXISTING = frozenset(["kind", "when", "for_each", "needs", "existing"])
MODULE = frozenset(["source", "inputs", "when", "for_each", "needs"])
VARIABLE = frozenset(["type", "default", "secret", "description", "minimum", "maximum", "enum", "pattern", "items"])
OUTPUT = frozenset(["value", "secret", "description"])
EXISTING = frozenset(["id", "name", "tags", "stack", "address", "region"])

NAME = re.compile(r"[a-z][a-z0-9_]*")
KEY = re.compile(r"[a-z0-9][a-z0-9_-]*")
STACK = re.compile(r"[a-z][a-z0-9-]{0,39}")
REGION = re.compile(r"[a-z]{2,3}-[a-z0-9]+(-[a-z0-9]+)*")
BUCKET = re.compile(r"oss://[a-z0-9][a-z0-9-]{1,61}[a-z0-9](/(?!\.{1,2}(/|$))[A-Za-z0-9._=+@-]+)*/?")

RESERVED = frozenset(["stack", "each", "all"])
OPERATORS = frozenset(["true", "false", "none", "and", "or", "not", "in", "is", "if", "else", "for", "True", "False", "None"])
"""Words of Jinja2 that an expression could not use as names."""

IDENTITY = ("name", "region", "account")

_OF_OTHERS = {
    "depends_on": "the word here is `needs`",
    "dependsOn": "the word here is `needs`",
    "lifecycle": "the words here are `protect`, `retain` and `ignore`, beside the fields",
    "prevent_destroy": "the word here is `protect`",
    "deletion_policy": "the word here is `retain`",
    "ignore_changes": "the word here is `ignore`",
    "ignoreChanges": "the word here is `ignore`",
    "data": "the word here is `existing`, in a resource",
    "resource": "the word here is `resources`",
    "variable": "the word here is `variables`",
    "output": "the word here is `outputs`",
    "module": "the word here is `modules`",
    "import": "the word here is `adopt`, in a resource",
    "provider": "credentials come from the environment; the region is `region`",
    "terraform": "nothing of the tool itself is configured in a stack file",
    "backend": "the word here is `record`",
    "parameters": "the word here is `variables`",
    "Parameters": "the word here is `variables`",
    "Resources": "the word here is `resources`",
    "Outputs": "the word here is `outputs`",
    "vars": "the word here is `variables`",
    "type": "the word here is `kind`",
    "Type": "the word here is `kind`",
    "condition": "the word here is `when`",
    "Condition": "the word here is `when`",
    "foreach": "the word here is `for_each`",
    "forEach": "the word here is `for_each`",
    "loop": "the word here is `for_each`",
    "with_items": "the word here is `for_each`",
    "instances": "the word here is `count`, in a fleet",
    "timeouts": "the word here is `timeout`",
    "stack_name": "the word here is `stack`",
    "name": "the word here is `stack`",
    "version": "a stack file has no version",
}


def of_others(word: str) -> str:
    """A hint for a word of Terraform, Pulumi, Ansible or ROS; empty for any other."""
    return _OF_OTHERS.get(word, "")


def record_hint(text: str) -> str:
    """What `record` may be, where the text is nothing of that kind; else empty."""
    if text.startswith("oss://") and not BUCKET.fullmatch(text):
        return "oss://bucket/prefix: a bucket of small letters, digits and `-`, a prefix of letters, digits and `._=+@-`"
    return "a folder, or oss://bucket/prefix" if not text or ("://" in text and not text.startswith("oss://")) else ""

"""Changes a stack file in place: text is spliced in, every comment and every line of the user's stays as it is."""

from __future__ import annotations

from pathlib import Path

from acsctl.errors import Place
from acsctl.model.schema import Schemas
from acsctl.stack import document, dump, files
from acsctl.stack.document import Block, Document
from acsctl.stack.problems import Failed, Problems, meant
from acsctl.stack.source import Source, Span


def write_adopt(path: Path, address: str, *, id: str, schemas: Schemas) -> Place:
    """Write `adopt: ID` into the block of `address` (kind.name) in the stack at `path`; where it stands then.

    Raises StackError where the file cannot be read, has no such block or has `adopt` there already, and where the block
    stands for several resources (`for_each`, modules, fleets with a count).
    """
    problems = Problems()
    try:
        file = files.locate(path, problems)
        source = files.read(file, problems)
        found = document.read(source, problems, schemas=schemas)
        block = _block(found, address, problems=problems)
        at, line = _insertion(source.text, block, line=f"adopt: {dump.text(id).splitlines()[0]}")
    except Failed:
        problems.raise_if_any()
        raise
    text = source.text[:at] + line + source.text[at:]
    file.write_bytes(text.encode())
    begin = at + line.index("adopt:")
    return Source(source.name, text, source.folder, source.fence).place(begin)


def _block(found: Document, address: str, *, problems: Problems) -> Block:
    known = {f"{block.kind}.{block.name}": block for block in found.blocks.values()}
    block = known.get(address)
    if block is None:
        head = next((known[name] for name in known if address.startswith(name + ".")), None)
        span = head.key.span if head else Span(found.source, 0, 1)
        hint = "its block stands for several: write `adopt` there by hand" if head else meant(address, known, kind="it has")
        raise problems.add(span, f"the file has no block of its own for {address[:80]}", hint=hint)
    for word in ("adopt", "existing", "for_each", "count"):
        if block.body.get(word) is not None:
            hint = "take it out first" if word in ("adopt", "existing") else "write `adopt` there by hand"
            raise problems.add(block.body.entries[word].key.span, f"{address} has {word!r}", hint=hint)
    return block


def _insertion(text: str, block: Block, *, line: str) -> tuple[int, str]:
    """Where `line` goes into the block, with what has to stand around it: behind `kind`, in the style of the block."""
    kind = block.body.entries["kind"]
    end = kind.value.span.end
    if text[block.body.span.start] == "{":
        return end, f", {line}"
    begin = text.rfind("\n", 0, kind.key.span.start) + 1
    indent = " " * (kind.key.span.start - begin)
    stop = text.find("\n", end)
    return (len(text), f"\n{indent}{line}\n") if stop < 0 else (stop + 1, f"{indent}{line}\n")

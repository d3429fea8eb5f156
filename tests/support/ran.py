"""What a command printed with --json, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Ran:
    """A finished command. `lines` are the JSON documents that it printed, `text` everything that it printed."""

    code: int
    lines: tuple[Document, ...]
    text: str

    @classmethod
    def read(cls, code: int, out: str, err: str = "") -> Ran:
        """From what the streams hold. Raises ValueError where stdout is not JSON lines."""
        return cls(code, tuple(json.loads(line) for line in out.splitlines()), out + err)

    def of(self, type: str) -> list[Document]:
        """The lines of one type."""
        return [line for line in self.lines if line.get("type") == type]

    @property
    def changes(self) -> list[Document]:
        """Every planned change, in the order of the plan."""
        return self.of("planned_change")

    @property
    def actions(self) -> list[str]:
        """ "create vpc.network", "update instance.node", ... sorted."""
        return sorted(f"{change['action']} {change['address']}" for change in self.changes)

    def change(self, address: str) -> Document:
        """The one planned change of an address."""
        (found,) = [change for change in self.changes if change["address"] == address]
        return found

    @property
    def only(self) -> Document:
        """The one planned change that there is."""
        (found,) = self.changes
        return found

    @property
    def diagnostics(self) -> list[Document]:
        """Errors, warnings and notes."""
        return [line["diagnostic"] for line in self.of("diagnostic")]

    @property
    def errors(self) -> list[str]:
        """What errors say, with what to do about them."""
        return [f"{item['summary']}: {item['detail']}" for item in self.diagnostics if item["severity"] == "error"]

    @property
    def notes(self) -> list[str]:
        """What is no error."""
        return [f"{item['summary']}: {item['detail']}" for item in self.diagnostics if item["severity"] != "error"]

    @property
    def standing(self) -> list[str]:
        """The addresses of what carries our tag and is not destroyed unasked."""
        return sorted(line["address"] for line in self.of("left_standing"))

    @property
    def summary(self) -> Document:
        """The counts of the plan."""
        (found,) = self.of("change_summary")
        counts: Document = found["changes"]
        return counts

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs at the end of a run."""
        (found,) = self.of("outputs")
        return {name: item["value"] for name, item in found["outputs"].items()}

    @property
    def document(self) -> Any:
        """The one document of a command that answers with data."""
        (found,) = self.lines
        return found

    def paths(self, address: str) -> dict[str, str]:
        """The fields that change at an address, with the reason of each."""
        return {item["path"]: item["reason"] for item in self.change(address)["fields"]}

"""Processes that run the command line without paying for its imports each time: forked from one that has them.

Each is a process of its own, runs `acsctl.cli.main` with its arguments, and can be killed like any other.
`python -m tests.crash.nursery` reads a job a line ({"line", "cwd", "out"}) and answers with the process id, then its exit code.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

ROOT = Path(__file__).parent.parent.parent


class Nursery:
    """Runs one command at a time."""

    def __enter__(self) -> Nursery:
        command = [sys.executable, "-m", "tests.crash.nursery"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._process as process:
            assert process.stdin
            process.stdin.close()

    def run(
        self,
        line: Sequence[str],
        *,
        cwd: Path,
        born: Callable[[int], None] = lambda pid: None,
        environ: Mapping[str, str] | None = None,
    ) -> tuple[int, str]:
        """Exit code (minus the signal that killed it) and all that it printed; `born` is told the process id."""
        out = cwd / "printed.txt"
        assert self._process.stdin
        self._process.stdin.write(
            json.dumps({"line": list(line), "cwd": str(cwd), "out": str(out), "environ": dict(environ or {})}) + "\n"
        )
        self._process.stdin.flush()
        born(self._answer()["pid"])
        code: int = self._answer()["code"]
        return code, out.read_text(encoding="utf-8")

    def _answer(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())


def _serve() -> None:
    _warm()
    gc.freeze()  # collections in the children would copy what they share
    answers = os.fdopen(os.dup(1), "w")
    for text in sys.stdin:
        job = json.loads(text)
        pid = os.fork()
        if not pid:
            _be(job)
        answers.write(json.dumps({"pid": pid}) + "\n")
        answers.flush()
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        answers.write(json.dumps({"code": code}) + "\n")
        answers.flush()


def _be(job: Any) -> NoReturn:
    from acsctl.cli.main import main

    code = 1
    try:
        os.chdir(job["cwd"])
        os.environ.update(job.get("environ") or {})
        out = os.open(job["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream, target in ((0, os.open(os.devnull, os.O_RDONLY)), (1, out), (2, out)):
            os.dup2(target, stream)
        main(job["line"])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


_LATE = ("jinja2.meta", "kubernetes.client", "kubernetes.dynamic", "kubernetes_validate", "oss2", "_strptime")
"""Modules that a run imports when it comes to need them."""


def _warm() -> None:
    """Import what a run imports, the products' clients too, and read the templates; nothing here starts a thread."""
    import acsctl.cli.apply
    import acsctl.cli.destroy
    import acsctl.cli.plan
    import acsctl.cloud.oss_errors
    import acsctl.kinds.objects.write
    import acsctl.kinds.registry
    import acsctl.kube.render
    import acsctl.plan.rows
    import acsctl.plan.saved
    import acsctl.run.apply
    import acsctl.stack
    import acsctl.view.human
    import acsctl.view.jsonlines
    from acsctl.cloud import LOCAL, SystemClock
    from acsctl.cloud.lazy import import_light
    from acsctl.cloud.products import PRODUCTS
    from acsctl.cloud.routes import Form
    from acsctl.cloud.sdk import Sdk, Site
    from acsctl.errors import UnreachableError

    for name in _LATE:
        import_light(name)
    for file in (ROOT / "templates").glob("*.j2"):
        acsctl.kube.render.names(file.read_text(encoding="utf-8"))  # which keeps them compiled

    sdk = Sdk(Site("cn-hangzhou", "http://127.0.0.1:9"), credentials=LOCAL, clock=SystemClock())
    for product in ("ecs", "vpc", "sts", "cs", "cr"):
        try:
            sdk.exchange(PRODUCTS[product], action="DescribeRegions", form=Form({}))
        except UnreachableError:
            continue


if __name__ == "__main__":
    _serve()

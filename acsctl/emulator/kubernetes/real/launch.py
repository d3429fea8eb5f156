"""Turns into another program that ends with the process that started it: `launch.py PARENT PROGRAM ARGUMENT ...`.

Run as a file of its own and not imported: it replaces the process it runs in. Between fork and exec of a process with
threads nothing of Python may run, so that the signal is asked for here, before the second exec; Linux keeps it across that.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(parent: int, command: list[str]) -> None:
    """Raises OSError when the program cannot be run."""
    if sys.platform == "linux":
        # SIGKILL: what is left behind without its parent has nobody to wait for it, and etcd's log survives that.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before the signal was asked for
        sys.exit(1)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

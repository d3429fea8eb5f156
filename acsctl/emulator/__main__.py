"""python -m acsctl.emulator --port 8080 --speed 100: a local cloud until SIGINT or SIGTERM."""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from acsctl.emulator import Options, read_text, run


def parse(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m acsctl.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--folder", type=Path, default=None, help="keep the world here; without it, in memory")
    parser.add_argument("--speed", type=float, default=100.0, help="cloud seconds per second")
    parser.add_argument("--list-lag", type=float, default=0.0, help="cloud seconds")
    parser.add_argument("--tag-lag", type=float, default=0.0, help="cloud seconds")
    parser.add_argument("--tls-port", type=int, default=None, help="TLS with a certificate per server name")
    parser.add_argument("--ca-file", type=Path, default=None, help="write the certificate to trust here")
    parser.add_argument("--dns-port", type=int, default=None, help="a DNS server that leads every name here")
    parser.add_argument("--kubernetes", choices=("builtin", "real"), default="builtin", help="what plays the control planes")
    parser.add_argument("--nodes", choices=("played", "real"), default="played", help="whether kubelets are real; needs root")
    parser.add_argument("--faults", type=Path, action="append", default=[], help="a file of faults to begin with")
    parser.add_argument("--check-answers", action="store_true", help="compare answers with the published trees")
    values = vars(parser.parse_args(arguments))
    faults = [one for file in values.pop("faults") for one in read_text(file.read_text(encoding="utf-8"))]
    return Options(**values, faults=tuple(faults))


def main() -> None:
    """Tells the address on stdout, in one line, once it can be called."""
    try:
        serve(parse(sys.argv[1:]))
    except ValueError as error:
        sys.exit(f"error: {error}")


def serve(options: Options) -> None:
    """Until a signal. Raises ValueError for options that cannot be."""
    with run(options) as server:

        def stop(_number: int, _frame: FrameType | None) -> None:
            raise KeyboardInterrupt

        signal.signal(signal.SIGTERM, stop)
        sys.stdout.write(server.address + "\n")
        sys.stdout.flush()
        try:
            server.wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()

"""Where the programs are."""

import os
import re
from pathlib import Path

NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
CHECKOUT = Path(__file__).parents[4]


def binaries(version: str = "") -> Path:
    """The folder of the programs: $KUBEBUILDER_ASSETS, which other tools read too, or what `make kube-assets` makes.

    A folder in it that is named for the minor version (`1.36` for v1.36.2-aliyun.1) and has all programs comes first: so a
    cluster that is upgraded gets other programs. Raises FileNotFoundError, with the remedy, when one of them is not there.
    """
    folder = Path(os.environ.get("KUBEBUILDER_ASSETS") or CHECKOUT / "build" / "kube-assets" / "bin").absolute()
    minor = re.match(r"v?(\d+\.\d+)", version)
    if minor is not None and not _missing(folder / minor[1]):
        return folder / minor[1]
    missing = _missing(folder)
    if missing:
        raise FileNotFoundError(
            f"{', '.join(missing)} not found in {folder}: run `make kube-assets` in a checkout of acsctl, "
            "or let KUBEBUILDER_ASSETS name a folder that has them"
        )
    return folder


def _missing(folder: Path) -> list[str]:
    return [name for name in NAMES if not os.access(folder / name, os.X_OK)]

"""Where the programs are."""

import os
from pathlib import Path

NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
CHECKOUT = Path(__file__).parents[4]


def binaries() -> Path:
    """The folder of the programs: $KUBEBUILDER_ASSETS, which other tools read too, or what `make kube-assets` makes.

    Raises FileNotFoundError, with the remedy, when one of them is not there.
    """
    folder = Path(os.environ.get("KUBEBUILDER_ASSETS") or CHECKOUT / "build" / "kube-assets" / "bin").absolute()
    missing = [name for name in NAMES if not os.access(folder / name, os.X_OK)]
    if missing:
        raise FileNotFoundError(
            f"{', '.join(missing)} not found in {folder}: run `make kube-assets` in a checkout of acsctl, "
            "or let KUBEBUILDER_ASSETS name a folder that has them"
        )
    return folder

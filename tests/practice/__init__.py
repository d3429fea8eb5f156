"""The practice: from a Dockerfile to a page served over real Flannel by real nodes of the local cloud, on one machine."""

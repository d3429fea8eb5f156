"""What reference fields of several kinds point to: the kinds, and the form of the cloud's own ids (sheet behaviour.md 9)."""

from __future__ import annotations

from acsctl.model.schema import Reference

VPC_ID = r"vpc-[a-z0-9]+"
VSWITCH_ID = r"vsw-[a-z0-9]+"
GROUP_ID = r"sg-[a-z0-9]+"
EIP_ID = r"eip-[a-z0-9]+"
NAT_ID = r"ngw-[a-z0-9]+"
INSTANCE_ID = r"i-[a-z0-9]+"
CLUSTER_ID = r"(?:c[0-9a-f]{32}|kubeadm-i-[a-z0-9]+-[0-9a-f]+)"
"""Of a managed one, and of a self-managed one, which is known by its first control plane."""

VPC = Reference(("vpc",), VPC_ID)
VSWITCH = Reference(("vswitch",), VSWITCH_ID)
CLUSTER = Reference(("cluster",), CLUSTER_ID)

"""Self-managed clusters: user data, kubeadm, joins, networks."""

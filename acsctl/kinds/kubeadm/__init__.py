"""Clusters that a stack runs itself, on plain machines made into nodes by kubeadm (sheet containers.md 2.3 to 2.5).

Belongs here: the user data of a node, access to such a cluster, its nodes, and its overlay. `kinds/cluster.py`, `node_pool.py`
and `flannel.py` come here where a cluster has `provider: kubeadm`.
"""

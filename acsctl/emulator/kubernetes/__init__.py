"""The Kubernetes side of the local cloud: one API server per cluster, whatever plays it.

A control plane is either *real* (kube-apiserver and its companions, real.py) or *built in* (builtin/). Both are a `Plane`
(plane.py); planes.py starts, keeps and ends them. What the cloud adds to a cluster (nodes, load balancers, routes) is not here:
it belongs to the services and speaks to the plane as any client does, `Plane.request`, so that it is the same on both.
Imports nothing of the services and nothing of acsctl.
"""

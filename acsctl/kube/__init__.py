"""The only door to a cluster: nothing else in acsctl speaks to a Kubernetes API server or knows what its objects look like.

Belongs here: manifests, templates, kustomizations and charts as objects, schemas of their kinds, the connection, server-side
apply, pruning, readiness, what differs between two objects. Does not belong here: which objects a stack wants (kinds), Alibaba
Cloud (cloud), the order of resources (run), words for people beyond one object (view). May be imported by kinds, run, preflight
and cli; imports acsctl.errors, acsctl.model and acsctl.sandbox alone. Importing this package is cheap: the client is
loaded by the first connection.
"""

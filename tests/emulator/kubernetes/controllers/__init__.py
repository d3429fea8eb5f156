"""Controllers and kubelets, tried on a store that knows nothing of them."""

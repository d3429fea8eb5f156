"""Product Slb 2014-05-15: classic load balancers, as far as clusters and those who clean up after them go."""

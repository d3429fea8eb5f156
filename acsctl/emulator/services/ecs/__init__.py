"""Product Ecs 2014-05-26: instances, security groups, key pairs, disks, images; one file per kind of thing.

Networks are not here, although ECS still publishes the old VPC calls: those are served by services/vpc.
"""

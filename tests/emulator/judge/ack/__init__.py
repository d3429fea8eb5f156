"""What the sheets claim about the container service and what it does to ECS, VPC, SLB and Tag, row by row.

Belongs here: claims/*.yaml and the few judges that read them. Does not belong here: how the local cloud does it; nothing of
acsctl is imported but its door, and the turn by which time passes.
"""

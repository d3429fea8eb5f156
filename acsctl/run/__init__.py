"""Where things happen: observe reads the cloud, execute changes it, apply repeats both until the cloud shows what was wanted.

Belongs here: the coordinator, its steps, settling and waiting. Does not belong here: what a kind does (`kinds`), what differs
(`plan`), words for people (`view`). May be imported by `cli`; imports `plan kinds cloud kube record model`.
"""

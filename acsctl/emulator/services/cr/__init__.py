"""Product cr 2018-12-01: the Enterprise Edition of the container registry; one file per kind of thing.

Images are nobody's business here: lists of tags are empty, since nothing can be pushed to the local cloud.
"""

from acsctl.emulator.services.cr import endpoint, instance, login, namespace, repository, tags, vpc_link

__all__ = ["endpoint", "instance", "login", "namespace", "repository", "tags", "vpc_link"]

"""What an instance makes of its user data at its first boot, as cloud-init does; pure, and nothing is executed.

parts.py takes the blob apart, cloud_config.py reads #cloud-config, shell.py finds the simple commands of scripts, play.py goes
through all of it in cloud-init's order and tells which commands that somebody here understands are met on the way.
"""

from acsctl.emulator.services.ecs.userdata.play import Boot, Machine, Step, play

__all__ = ["Boot", "Machine", "Step", "play"]

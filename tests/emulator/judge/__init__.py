"""What the sheets and the published error tables claim, checked from outside as data: claim -> request -> answer.

Belongs here: rows under claims/, and requests that no honest client sends. Does not belong here: tests that need the moving
clock, they are with their service. Imports nothing of acsctl but its door, acsctl.emulator.
"""

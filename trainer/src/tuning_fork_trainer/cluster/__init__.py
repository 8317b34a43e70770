"""Training on a Ray cluster: the command `ray` on this machine, and the driver and the workers there.

This machine needs nothing of Ray: it speaks HTTP to the dashboard and writes files into a storage that both sides reach.
"""

"""Trainer of open-weights models: one job file in, JSON lines out."""

__version__ = "0.1.0"
PROTOCOL_VERSION = 1

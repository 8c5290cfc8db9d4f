"""Generators that attack: strange but valid specs, single faults, hostile checkpoints, specs that take too long."""

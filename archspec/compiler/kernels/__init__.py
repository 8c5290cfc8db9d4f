"""What rewrites put in the place of nodes: ops that no spec names, a file each with its module.

A kernel reads values like any op, and beside them the modules of nodes that are only held for their weights. Its module
computes the same numbers as the nodes that it replaces, in training and evaluation, with the same gradients.
"""

from archspec.compiler.kernels.kernel import Held, Kernel

__all__ = ["Held", "Kernel"]

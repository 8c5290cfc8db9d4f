"""The `nn.Module`s that torch lacks, or whose initialisation differs, in files named as those of the ops.

An op and its module have one name where one module serves the op: `ops/attention.py` and `ops/layers/attention.py` both
define `DotAttention`, and the op imports the module inside `build`, so that nothing but building needs torch. Shapes in
the docstrings begin with the batch, b.

Each module fills its parameters and buffers in `reset_parameters`, and nowhere else: `compile` builds on the meta
device and calls it once, on the target. A module whose tables can be adapted to another size says how in `resample`.
"""

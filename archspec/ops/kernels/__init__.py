"""Kernels behind a layer, where torch has a faster way for some devices or sizes. There is none in Triton yet.

A kernel file defines a function that takes and returns tensors as the module's `forward` does, and one that says for
which devices, dtypes and sizes it can be used. The module asks the latter and otherwise computes in plain torch. That
plain form is also the oracle: a test compares outputs and gradients of both, in every dtype that the kernel takes.

A file here imports torch at module level, and triton only where a kernel is first run: the package works without it.
"""

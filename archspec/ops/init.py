"""Initialisation rules for an op's weights."""

from typing import Literal

Init = Literal["torch", "trunc_normal", "normal", "zeros"]
"""`torch`: torch's own default; `trunc_normal`: N(0, 0.02²) cut at ±2, biases 0 (ViT's); `normal`: N(0, 1); `zeros`."""

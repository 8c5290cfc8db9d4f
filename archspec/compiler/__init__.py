"""Shaped graph → `nn.Module`."""

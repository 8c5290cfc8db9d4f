"""Other sources' tensors ↔ ours."""

"""The open vocabulary: one file per block, named as its word. A block says itself in ops and other blocks, once."""

"""The open vocabulary: one file per block, named as its word. Each is defined once, in ops and other blocks."""

"""The closed vocabulary: words that torch knows, by family. Each states its own shape, cost and module."""

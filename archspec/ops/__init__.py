"""The closed vocabulary: ops, grouped by family. Each defines its own shape inference, cost and torch module."""

"""What an architecture is: shapes, blocks, nodes, and their shapes inferred."""

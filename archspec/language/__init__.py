"""Text → shaped graph, without torch."""

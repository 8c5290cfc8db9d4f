"""Spec → graph: names become edges, expressions values, words blocks."""

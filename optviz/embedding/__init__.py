"""Projections of embeddings, neighbours, and measures of how far to trust the picture."""

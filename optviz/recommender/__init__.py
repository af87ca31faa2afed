"""MovieLens data, the models that learn it, and what they say."""

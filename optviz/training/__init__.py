"""A training run that can be stepped, its history, and the learning-rate finder."""

"""Surfaces, optimizers, trajectories, curvature: pure mathematics on torch and numpy."""

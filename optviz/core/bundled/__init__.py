"""Grids of real losses that travel with the package; ``python -m scripts.slices`` makes them."""

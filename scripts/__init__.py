"""Commands for those who work on optviz: ``python -m scripts.NAME``."""

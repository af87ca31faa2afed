"""Data in, Plotly figure out."""

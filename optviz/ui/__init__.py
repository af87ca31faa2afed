"""The only package that imports streamlit: frame, state, controls, components."""

"""Many targets from few directions of few features."""

"""The training engine: torch tensors in, torch tensors out."""

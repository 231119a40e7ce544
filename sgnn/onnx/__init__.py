"""The same model in another runtime."""

"""The estimators: what a user sets and gets."""

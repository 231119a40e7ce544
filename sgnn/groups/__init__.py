"""Structures: which weights stand or fall together. Nothing here imports torch."""

from sgnn.groups._registry import (
    AROUND_UNITS,
    STRUCTURES,
    register,
    structures_of,
)

__all__ = ["AROUND_UNITS", "STRUCTURES", "register", "structures_of"]

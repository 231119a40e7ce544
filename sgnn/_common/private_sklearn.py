"""Names that scikit-learn does not call public; where one goes, only this file changes."""

from collections.abc import Callable
from typing import Any, TypeVar

from sklearn.base import _fit_context as _untyped_fit_context
from sklearn.callback._callback_support import callback_management_context
from sklearn.model_selection._validation import _fit_and_score
from sklearn.utils import _safe_indexing
from sklearn.utils._metadata_requests import _routing_enabled
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    Options,
    RealNotInt,
    StrOptions,
)
from sklearn.utils._param_validation import validate_params as _untyped_validate_params
from sklearn.utils.metaestimators import available_if as _untyped_available_if
from sklearn.utils.validation import _check_sample_weight, _num_samples

__all__ = [
    "HasMethods",
    "Interval",
    "Options",
    "RealNotInt",
    "StrOptions",
    "_check_sample_weight",
    "_fit_and_score",
    "_fit_context",
    "_num_samples",
    "_routing_enabled",
    "_safe_indexing",
    "available_if",
    "callback_management_context",
    "validate_params",
]

F = TypeVar("F", bound=Callable[..., Any])


def _fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[F], F]:
    """Return scikit-learn's decorator of methods that fit, with their types."""
    return _untyped_fit_context(prefer_skip_nested_validation=prefer_skip_nested_validation)


def available_if(check: Callable[[Any], bool]) -> Callable[[F], F]:
    """Return scikit-learn's decorator of methods that are not always there, with their types."""
    return _untyped_available_if(check)


def validate_params(constraints: dict, *, prefer_skip_nested_validation: bool) -> Callable[[F], F]:
    """Return scikit-learn's decorator of functions that checks parameters, with their types."""
    return _untyped_validate_params(
        constraints, prefer_skip_nested_validation=prefer_skip_nested_validation
    )

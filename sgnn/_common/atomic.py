"""Methods that change an estimator wholly or not at all."""

import functools


def all_or_nothing(method):
    """Leave the estimator as it was if the method raises."""

    @functools.wraps(method)
    def wrapper(self, *args, **kwargs):
        before = self.__dict__.copy()
        try:
            return method(self, *args, **kwargs)
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    return wrapper

"""Files of plain data: arrays and values in a .npz file, written whole or not at all, no pickles.

Values are dict with str for keys, list, tuple, dataclasses of known kinds, arrays without objects,
numbers, str and None; they come back as they were, to the last bit.
"""

import json
import os
from dataclasses import fields, is_dataclass
from tempfile import NamedTemporaryFile

import numpy as np

_VALUES = "values"


def save(path, content):
    """Write a file, or leave the one that is there.

    Parameters
    ----------
    path : Path
    content : object

    Raises
    ------
    OSError
        If it cannot be written.
    """
    arrays = []
    values = np.array(json.dumps(_written(content, arrays)))
    numbered = {str(number): array for number, array in enumerate(arrays)}
    place = {"dir": path.parent, "prefix": f"{path.stem}.", "suffix": ".part"}
    with NamedTemporaryFile(**place, delete=False) as file:
        try:
            np.savez(file, allow_pickle=False, **numbered, **{_VALUES: values})
            file.flush()
            os.fsync(file.fileno())
            file.close()
            os.replace(file.name, path)
        except BaseException:
            file.close()
            os.unlink(file.name)
            raise


def load(path, kinds=()):
    """Return what :func:`save` has written.

    Parameters
    ----------
    path : Path
    kinds : collection of type
        The dataclasses that may be in it.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, or none of ours.
    """
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        values = json.loads(arrays.pop(_VALUES).item())
        return _read(values, arrays, {kind.__name__: kind for kind in kinds})
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ValueError(f"{path} is damaged ({type(error).__name__})") from error


def _written(value, arrays):
    """Return a value in the words of JSON, and append its arrays to a list."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": str(len(arrays) - 1)}
    if isinstance(value, np.generic):
        return {"number": [value.dtype.str, value.item()]}
    if isinstance(value, (list, tuple)):
        written = [_written(one, arrays) for one in value]
        return written if isinstance(value, list) else {"tuple": written}
    if isinstance(value, dict):
        return {"dict": {name: _written(one, arrays) for name, one in value.items()}}
    if is_dataclass(value):
        named = {field.name: getattr(value, field.name) for field in fields(value)}
        return {type(value).__name__: _written(named, arrays)}
    raise TypeError(f"{type(value).__name__} is not plain data")


def _read(written, arrays, kinds):
    if isinstance(written, list):
        return [_read(one, arrays, kinds) for one in written]
    if not isinstance(written, dict):
        return written
    [(kind, value)] = written.items()
    if kind == "array":
        return arrays[value]
    if kind == "number":
        return np.array(value[1], value[0])[()]
    if kind == "tuple":
        return tuple(_read(value, arrays, kinds))
    if kind == "dict":
        return {name: _read(one, arrays, kinds) for name, one in value.items()}
    return kinds[kind](**_read(value, arrays, kinds))

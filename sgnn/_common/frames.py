"""Tables as frames of pandas, for those who ask for one."""


def frame_of(columns, index=None):
    """Return a frame.

    Parameters
    ----------
    columns : dict of str to sequence
    index : sequence of str, default=None

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    ImportError
        If pandas is not there.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError('as_frame=True needs pandas: pip install "sgnn[plot]"') from error

    return pd.DataFrame(columns, index=index)

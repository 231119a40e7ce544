"""Who hears of epochs while a network trains."""


class Silent:
    """Nobody listens; the contract of those who do."""

    stopped = False

    def begin_run(self, n_trained=0):
        """Hear that a run begins: all epochs along one schedule of the learning rate.

        Parameters
        ----------
        n_trained : int, default=0
            How many of them were trained by a process that was killed.
        """

    def begin_epoch(self):
        """Hear that an epoch begins."""

    def end_epoch(self, history, current):
        """Hear that an epoch has ended, and return whether training should end.

        Parameters
        ----------
        history : History
        current : callable () -> Network
            Returns the network as it is, at full size.
        """
        return False

    def resize(self, kept):
        """Hear which part of the network is trained from now on.

        Parameters
        ----------
        kept : list of ndarray of bool
            The units per layer.
        """


class Until(Silent):
    """Ends training after the first epoch whose mean loss is at most `loss`."""

    def __init__(self, loss):
        self._loss = loss

    def end_epoch(self, history, current):
        return history.loss[-1] <= self._loss


class Refitting(Silent):
    """Tells another listener of a network that is a part of the one that it knows.

    Parameters
    ----------
    listener : Silent
    network : Network
        Whose units that are left are trained as a network of their own.
    """

    def __init__(self, listener, network):
        self._listener, self._network = listener, network

    @property
    def stopped(self):
        return self._listener.stopped

    def begin_run(self, n_trained=0):
        self._listener.begin_run(n_trained)

    def begin_epoch(self):
        self._listener.begin_epoch()

    def end_epoch(self, history, current):
        def whole():
            return self._network.refilled(current()).expand()

        return self._listener.end_epoch(history, whole)

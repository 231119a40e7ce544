"""Who hears of epochs while a network trains."""


class Silent:
    """Nobody listens; the contract of those who do."""

    stopped = False

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

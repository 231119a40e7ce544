"""The stages of a training run: each trains some of the units, from where the last one stopped."""

from sgnn.networks.network import Network
from sgnn.networks.parameters import to_tensor
from sgnn.networks.units import all_units, compose
from sgnn.training import removal

_N_STAGES, _LEAST_STAGE = 8, 4
_MAX_REPAIRS = 3


class Stages:
    """Makes the trainer of each stage.

    The first stage trains all units, until the removal of dead ones pays. From then on a stage is
    an eighth of the epochs, but four at least. If the loss wants inputs back after the last epoch,
    training goes on from three quarters of the epochs, at most three times.

    Parameters
    ----------
    subnetworks : Subnetworks
        Its full-size network is where training starts.
    """

    def __init__(self, subnetworks):
        self.subnetworks = subnetworks
        self.problem = subnetworks.problem
        self.full, self.regulariser = subnetworks.full, subnetworks.regulariser
        self._n_epochs = subnetworks.settings.max_iter
        self._removes = self.problem.has_penalty
        self._interval = max(_LEAST_STAGE, -(-self._n_epochs // _N_STAGES))
        self._next_at = 1
        self._repairs_left = _MAX_REPAIRS

    def first(self, state):
        """Return the trainer of all units, which goes on from the state of an optimiser or None."""
        units = all_units(self.full.sizes)
        return self.subnetworks.trainer(self.full, self.regulariser, units, state)

    def state(self, trainer, course):
        """Return where training is, as plain data."""
        return {
            **trainer.state(course),
            "full": self.full.to_flat(),
            "next_at": self._next_at,
            "repairs_left": self._repairs_left,
        }

    def resumed(self, state, course):
        """Return the trainer that goes on, and let the course go on, from where training was."""
        self.full.flat.copy_(to_tensor(state["full"], self.full.flat.device))
        self._next_at, self._repairs_left = state["next_at"], state["repairs_left"]
        kept = state["kept"]
        if all(mask.all() for mask in kept):
            trainer = self.first(None)
        else:
            whole = Network.whole(*self.full.to_numpy(), self.problem.activation)
            small = self.subnetworks.holding(whole.keep(kept))
            trainer = self.subnetworks.trainer(*small, kept, None)
        trainer.restore(state, course)
        return trainer

    def may_pause(self, trainer, epoch):
        """Whether a stage should end after an epoch, before the training does."""
        epochs_left = self._n_epochs - epoch
        if not self._removes or epoch < self._next_at or epochs_left < self._interval:
            return False
        self._next_at = epoch + self._interval // _LEAST_STAGE
        return not trainer.kept[0].all() or removal.saves_enough(self.subnetworks.live(trainer))

    def after(self, trainer, course):
        """Return the trainer of the next stage, or None if training is over."""
        is_over = course.is_over
        is_final = course.early_stopping or course.stopped or course.is_used_up
        if is_over and (is_final or not self._repairs_left or trainer.kept[0].all()):
            return None
        kept = self._revived(trainer, 1.0 if is_over else removal.MARGIN)
        if is_over:
            kept = [kept[0] | trainer.kept[0], *trainer.kept[1:]]
            if (kept[0] == trainer.kept[0]).all():
                return None
            self._repairs_left -= 1
            course.go_on_from(self._n_epochs * 3 // 4)
        else:
            live = compose(trainer.kept, self.subnetworks.live(trainer))
            kept = [one | other for one, other in zip(live, kept, strict=True)]
            if not all(mask.any() for mask in kept):
                kept = trainer.kept
            self._next_at = course.epoch + self._interval
        self.full.put(trainer.kept, trainer.model.parameters)
        state = trainer.optimizer.save(copy=False).moved(
            trainer.kept, kept, self.regulariser.metric
        )
        return self.subnetworks.trainer(*self._smaller(trainer, kept), kept, state)

    def network(self, course):
        """Return the full-size network to end with, with what is known of removed hidden units."""
        parameters, kept = course.best
        activation = self.problem.activation
        network = Network(*parameters.as_arrays(), kept, activation).expand()
        coefs, intercepts = self.full.as_arrays()
        for layer, mask in enumerate(kept[1:-1]):
            network.coefs[layer][:, ~mask] = coefs[layer][:, ~mask]
            network.intercepts[layer][~mask] = intercepts[layer][~mask]
        return network

    def _smaller(self, trainer, kept):
        """Return the parameters of a trainer, and the regulariser, for other units."""
        return self.subnetworks.holding(trainer.full_size().keep(kept))

    def _revived(self, trainer, margin):
        """Return the units that the next step over all samples leaves alive, inputs all tried."""
        problem, kept = self.problem, trainer.kept
        model, regulariser = trainer.model, trainer.regulariser
        if not kept[0].all():
            network = trainer.network().with_all_inputs()
            parameters, regulariser = self.subnetworks.holding(network)
            model, kept = self.subnetworks.model(parameters), network.kept
        revived = removal.revived_units(
            model,
            regulariser,
            self.subnetworks.batches,
            problem.l2,
            problem.scales,
            problem.blocks,
            margin,
        )
        return compose(kept, revived)

"""The three losses: value per sample and gradient with respect to the raw outputs.

Raw outputs are class-major, of shape (n_outputs, n_samples): a softmax over the first dimension of
such an array is several times faster than one over a short last dimension.
"""

import torch


def squared_error(outputs, targets, losses):
    r"""Half squared error, summed over outputs: :math:`\tfrac12 \sum_k (z_k - y_k)^2`.

    Parameters
    ----------
    outputs : torch.Tensor of shape (n_outputs, n_samples)
        Overwritten with the gradient.
    targets : torch.Tensor of shape (n_samples, n_outputs)
    losses : torch.Tensor of shape (n_samples,)
        Overwritten with the loss of each sample.
    """
    outputs.sub_(targets.t())
    torch.sum(outputs.square(), dim=0, out=losses).mul_(0.5)


def logistic_loss(outputs, targets, losses):
    r"""Log loss of independent labels, summed: :math:`\sum_k \log(1 + e^{(1 - 2 y_k) z_k})`.

    Parameters are those of :func:`squared_error`; targets are 0 or 1.
    """
    truth = targets.t()
    wrong_side = torch.addcmul(outputs, truth, outputs, value=-2)
    torch.sum(torch.nn.functional.softplus(wrong_side), dim=0, out=losses)
    outputs.sigmoid_().sub_(truth)


def softmax_loss(outputs, targets, losses):
    r"""Log loss of exclusive classes: :math:`\log\sum_k e^{z_k} - z_y`.

    Parameters are those of :func:`squared_error`; targets are class indices of shape (n_samples,).
    """
    rows = targets[None]
    log_probabilities = outputs.log_softmax(0)
    torch.gather(log_probabilities, 0, rows, out=losses[None]).neg_()
    torch.exp(log_probabilities, out=outputs)
    outputs.scatter_(0, rows, -1.0, reduce="add")


LOSSES = {
    "squared_error": squared_error,
    "logistic": logistic_loss,
    "softmax": softmax_loss,
}

"""What a user sees while a network trains: printed lines and callbacks."""

import re

import pytest

from tests.estimators.tasks import (
    IRIS_X,
    IRIS_Y,
    classifier,
)

# What is printed


@pytest.mark.parametrize("watched", [False, True])
def test_verbose_prints_what_the_curves_record(capsys, watched):
    held_out = {"X_val": IRIS_X[::2], "y_val": IRIS_Y[::2]} if watched else {}
    model = classifier(verbose=True, max_iter=7, l2=0.01).fit(IRIS_X, IRIS_Y, **held_out)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7
    pattern = (
        r"epoch +(\d+)  loss (\S+)  penalty (\S+)"
        + (r"  validation score (\S+)" if watched else "")
        + r"  neurons ([\d-]+)"
    )
    for number, line in enumerate(lines):
        epoch, loss, penalty, *score, neurons = re.fullmatch(pattern, line).groups()
        assert int(epoch) == number + 1
        assert float(loss) == pytest.approx(model.loss_curve_[number], rel=1e-4)
        difference = model.objective_curve_[number] - model.loss_curve_[number]
        assert float(penalty) == pytest.approx(difference, rel=1e-4)
        if watched:
            assert float(score[0]) == pytest.approx(model.validation_scores_[number], abs=1e-4)
        assert neurons == "-".join(map(str, model.n_neurons_curve_[number]))
    assert tuple(map(int, neurons.split("-"))) == model.n_neurons_


def test_nothing_is_printed_unless_asked_for(capsys):
    classifier(refit=True).fit(IRIS_X, IRIS_Y)
    classifier().partial_fit(IRIS_X, IRIS_Y)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_verbose_numbers_the_epochs_through_the_refit(capsys):
    classifier(verbose=True, max_iter=3, refit=True).fit(IRIS_X, IRIS_Y)
    assert len(capsys.readouterr().out.splitlines()) == 6

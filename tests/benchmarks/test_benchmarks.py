"""Benchmarks run, at toy size, and their pages are what their results say."""

import json
from itertools import combinations

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from benchmarks import data, pages, suite
from benchmarks.__main__ import main
from benchmarks.combined_sparsity.benchmark import overlap
from benchmarks.combined_sparsity.concavity import epochs_to

WITH_RESULTS = [name for name in suite.names() if suite.read(name)]


@pytest.fixture
def few_rows(monkeypatch):
    """Of a data set of many rows, every sixth is loaded."""
    load = data.load

    def load_few(name):
        found = load(name)
        return found._replace(X=found.X[::6], y=found.y[::6]) if len(found.X) > 1000 else found

    monkeypatch.setattr(data, "load", load_few)


LONG = {"speed", "lenet5", "knockoffs", "penalties_tradeoff"}
BENCHMARKS = [
    pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in suite.names()
]


@pytest.mark.usefixtures("few_rows")
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_runs_at_toy_size(name, tmp_path):
    records = suite.run(name, toy=True, results=tmp_path, say=lambda line: None)
    assert len(records) == len(suite.module(name).cases(toy=True))
    with pages.written_to(tmp_path):
        pages.write(name, records)
    assert suite.module(name).TITLE in (tmp_path / f"{name}.md").read_text()


@pytest.mark.parametrize("name", suite.names())
def test_cases_differ_and_are_plain(name):
    cases = suite.module(name).cases(toy=False)
    texts = [json.dumps(case, sort_keys=True) for case in cases]
    assert len(set(texts)) == len(texts)
    assert json.loads(json.dumps(cases)) == cases


@pytest.mark.parametrize("name", WITH_RESULTS)
def test_a_committed_page_is_what_its_results_say(name, tmp_path, monkeypatch):
    """Its pictures are not drawn."""
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda *_, **__: None)
    with pages.written_to(tmp_path):
        pages.write(name, suite.read(name))
    assert (tmp_path / f"{name}.md").read_text() == (pages.ROOT / f"doc/{name}.md").read_text()


def test_the_pages_of_all_results_are_what_the_results_say(tmp_path):
    records = {name: suite.read(name) for name in WITH_RESULTS}
    with pages.written_to(tmp_path):
        pages.write_summary(records)
    assert (tmp_path / "results.md").read_text() == (pages.ROOT / "doc/results.md").read_text()
    readme = (pages.ROOT / "README.md").read_text()
    assert pages.with_headlines(readme, records) == readme


def test_what_is_measured_is_not_measured_again(tmp_path):
    said = []
    name = "learning_rates"
    first = suite.run(name, toy=True, results=tmp_path, only=[("data", "wine")], say=said.append)
    assert {record["data"] for record in first} == {"wine"}
    both = suite.run(name, toy=True, results=tmp_path, say=said.append)
    assert {record["data"] for record in both} == {"wine", "diabetes"}
    assert all(record in both for record in first)
    assert f"{name}: 3 to measure, 3 done or without data" in said


def test_a_short_run_leaves_out_what_takes_long(tmp_path):
    said = []
    lassonet = {"only": [("method", "LassoNet")], "results": tmp_path, "say": said.append}
    assert not suite.run("feature_selection", short=True, **lassonet)
    assert said == ["feature_selection: 0 to measure, 0 done or without data"]


def test_reproduction_runs_all_papers_and_leaves_the_committed_pages_alone(tmp_path, monkeypatch):
    runs = {}
    monkeypatch.setattr(suite, "run", lambda name, **options: runs.update({name: options}))
    readme = (pages.ROOT / "README.md").read_text()
    main(["reproduce", "--into", str(tmp_path)])
    assert {"compression", "feature_selection", "partial_regularisation"} <= set(runs)
    assert "speed" not in runs
    assert all(options["short"] for options in runs.values())
    assert all(options["results"] == tmp_path for options in runs.values())
    assert (tmp_path / "results.md").exists()
    assert (pages.ROOT / "README.md").read_text() == readme


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_such_benchmark"], "no benchmark"),
        (["known_answer", "--only", "seed"], "KEY=VALUE"),
        (["known_answer", "--only", "sead=0"], "no case of known_answer has sead=0"),
        (["known_answer", "--data", "no_such_folder"], "not a folder"),
    ],
)
def test_the_command_line_says_what_is_wrong(arguments, message, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err


def test_a_fresh_run_measures_again_what_is_asked_for(tmp_path):
    toy = {"toy": True, "results": tmp_path}
    suite.run("learning_rates", **toy, say=lambda line: None)
    before = suite.read("learning_rates", tmp_path)
    said = []
    wine = suite.run("learning_rates", **toy, only=[("data", "wine")], fresh=True, say=said.append)
    assert said[0] == "learning_rates: 3 to measure, 0 done or without data"
    assert [record["data"] for record in wine] == ["wine"] * 3 + ["diabetes"] * 3
    assert wine.where(data="diabetes") == before.where(data="diabetes")
    assert suite.read("learning_rates", tmp_path) == wine


def test_a_grid_has_a_case_for_each_combination():
    assert suite.grid(data=["iris", "wine"], seed=range(2), steps=[60]) == [
        {"data": "iris", "seed": 0, "steps": 60},
        {"data": "iris", "seed": 1, "steps": 60},
        {"data": "wine", "seed": 0, "steps": 60},
        {"data": "wine", "seed": 1, "steps": 60},
    ]


def test_figures_are_written_as_text():
    assert pages.spread([0.5, 0.7], 1, 100) == "60.0 ± 14.1"
    assert pages.spread([1234.5], 0) == "1,234"
    assert pages.dashed([783.6, 300, 10]) == "784-300-10"
    assert pages.against(0.9845, 0.985) == "missed by 0.05 points"
    assert pages.against(0.985, 0.985) == "reached"
    assert pages.table(["a", "b"], [[1, "x"]]) == "| a | b |\n| --- | --- |\n| 1 | x |"


def test_the_list_says_how_long_a_reproduction_takes(capsys):
    main([])
    *_, last = capsys.readouterr().out.splitlines()
    papers = [name for name in suite.names() if hasattr(suite.module(name), "summary")]
    total = 0
    for name in papers:
        is_long = getattr(suite.module(name), "is_long", lambda case: False)
        short = [case for case in suite.module(name).cases() if not is_long(case)]
        for record in suite.read(name):
            if any(case.items() <= record.items() for case in short):
                seconds = [record[key] for key in ("cpu_seconds", "seconds") if key in record]
                total += seconds[0] if seconds else 0
    assert last.split()[:2] == ["reproduce", f"{total / 60:.1f}"]


def test_the_overlap_is_what_two_units_share_of_their_inputs():
    connected = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0]], dtype=bool)
    assert overlap(connected) == round(1 / 3, 4)
    assert overlap(connected[:, [0, 0]]) == 1
    assert overlap(connected[:, 1:]) is None
    four = np.random.default_rng(0).random((20, 4)) < 0.4
    pairs = [(one & two).sum() / (one | two).sum() for one, two in combinations(four.T, 2)]
    assert overlap(four) == pytest.approx(np.mean(pairs), abs=1e-4)


def test_the_first_epoch_near_the_best_is_found():
    scores = [0.5, 0.9, 0.96, 0.95, 0.965]
    assert epochs_to({"epochs": 200, "chosen": {"curves": {"score": scores}}}) == 11
    assert epochs_to({"epochs": 5, "chosen": {"curves": {"score": scores}}}) == 3

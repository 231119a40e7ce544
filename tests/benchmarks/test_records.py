"""Records of benchmarks are chosen, grouped and averaged."""

import numpy as np
import pytest

from benchmarks.records import Records

RECORDS = Records(
    [
        {"data": "wine", "method": "a", "seed": 0, "score": 0.5, "units": [8, 2]},
        {"data": "iris", "method": "b", "seed": 0, "score": 0.25, "units": [4, 3]},
        {"data": "wine", "method": "b", "seed": 0, "score": 1.0, "units": [6, 4]},
        {"data": "wine", "method": "a", "seed": 1, "score": 0.75, "units": [2, 6]},
        {"data": "wine", "method": None, "score": 0.0, "fits": {"ours": {"scores": [3, 5]}}},
    ]
)


def scores(records):
    return [record["score"] for record in records]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"data": "wine", "method": "a"}, [0.5, 0.75]),
        ({"method": None}, [0.0]),
        ({"seed": 0}, [0.5, 0.25, 1.0]),
        ({"seed": None}, []),
        ({"units": [4, 3]}, [0.25]),
        ({"no_such_key": 1}, []),
        ({}, [0.5, 0.25, 1.0, 0.75, 0.0]),
    ],
)
def test_where_keeps_the_records_with_all_values_in_order(values, expected):
    assert scores(RECORDS.where(**values)) == expected


def test_what_is_chosen_or_grouped_can_be_chosen_from_again():
    assert scores(RECORDS.where(data="wine").where(method="b")) == [1.0]
    assert scores(dict(RECORDS.by("data"))["wine"].where(method="b")) == [1.0]


def test_distinct_values_are_in_order_of_appearance():
    assert RECORDS.distinct("data") == ["wine", "iris"]
    assert RECORDS.distinct("method") == ["a", "b", None]


def test_by_one_key():
    found = [(name, scores(group)) for name, group in RECORDS.by("data")]
    assert found == [("wine", [0.5, 1.0, 0.75, 0.0]), ("iris", [0.25])]


def test_by_several_keys_each_group_is_grouped_again():
    found = [(*values, scores(group)) for *values, group in RECORDS.by("data", "method")]
    assert found == [
        ("wine", "a", [0.5, 0.75]),
        ("wine", "b", [1.0]),
        ("wine", None, [0.0]),
        ("iris", "b", [0.25]),
    ]


def test_values_mean_and_median():
    runs = RECORDS.where(data="wine")
    np.testing.assert_array_equal(runs.values("score"), [0.5, 1.0, 0.75, 0.0])
    assert runs.mean("score") == 0.5625
    assert runs.median("score") == 0.625


def test_lists_are_averaged_entry_by_entry():
    runs = RECORDS.where(data="wine", seed=0)
    np.testing.assert_array_equal(runs.values("units"), [[8, 2], [6, 4]])
    np.testing.assert_array_equal(runs.mean("units"), [7, 3])
    np.testing.assert_array_equal(runs.where(method="a").median("units"), [8, 2])


def test_a_path_leads_into_what_is_nested():
    nested = RECORDS.where(method=None)
    assert nested.values("fits", "ours", "scores", 1) == [5]
    assert nested.mean("fits", "ours", "scores").tolist() == [3, 5]


def test_a_key_that_a_record_lacks_is_an_error_but_where_one_chooses():
    with pytest.raises(KeyError):
        RECORDS.values("units")
    with pytest.raises(KeyError):
        RECORDS.distinct("seed")


def test_no_records():
    assert not Records()
    assert list(Records().by("data", "method")) == []
    assert len(Records().values("score")) == 0


def test_records_do_not_change():
    with pytest.raises(TypeError):
        RECORDS[0] = {}
    with pytest.raises(AttributeError):
        RECORDS.name = "wine"


def test_times_of_other_environments_are_left_out():
    pytest.importorskip("matplotlib")
    from benchmarks.pages import seconds

    old, new = {"torch": "1"}, {"torch": "2"}
    beside = Records({"environment": made} for made in (new, old, new))
    runs = [{"environment": new, "cpu_seconds": n} for n in (1.0, 2.0, 6.0)]
    runs.append({"environment": old, "cpu_seconds": 100.0})
    assert seconds(Records(runs), beside) == "2.0"
    assert seconds(Records(runs[-1:]), beside) == ""
    assert seconds(Records(runs), Records()) == ""

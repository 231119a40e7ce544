"""Data sets of the benchmarks come from a folder or a server, and are checked."""

import gzip
import socket
from importlib import resources
from io import BytesIO
from types import SimpleNamespace
from urllib.error import URLError
from urllib.request import urlopen
from zipfile import ZipFile

import numpy as np
import pytest
from sklearn.datasets import load_iris

pytest.importorskip("matplotlib")

from benchmarks import data, suite

RECORDED = {
    "api/v1/json/data/61": "api-v1-jd-61.json.gz",
    "api/v1/json/data/features/61": "api-v1-jdf-61.json.gz",
    "api/v1/json/data/qualities/61": "api-v1-jdq-61.json.gz",
    "data/v1/download/61/iris.arff": "data-v1-dl-61.arff.gz",
}


class Answer(BytesIO):
    """What a server sends."""

    def info(self):
        return {}


@pytest.fixture(autouse=True)
def _empty_places(monkeypatch, tmp_path):
    """No folder of data, nothing in the cache, no network."""

    def unreachable(*args, **kwargs):
        raise URLError("no network")

    monkeypatch.delenv(data.FOLDER, raising=False)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr("sklearn.datasets._openml.urlopen", unreachable)
    monkeypatch.setattr("sklearn.datasets._openml.time.sleep", lambda seconds: None)
    monkeypatch.setattr(data, "urlopen", unreachable)


@pytest.fixture
def openml(monkeypatch):
    """The answers of OpenML about iris that scikit-learn has recorded."""
    folder = resources.files("sklearn.datasets.tests.data.openml.id_61")

    def recorded(request, *args, **kwargs):
        name = RECORDED[request.full_url.split(".org/", 1)[1]]
        return Answer(gzip.decompress((folder / name).read_bytes()))

    monkeypatch.setattr("sklearn.datasets._openml.urlopen", recorded)


def write(folder, name, **arrays):
    np.savez(folder / f"{name}.npz", **arrays)
    return data.digest(data._from_file(folder / f"{name}.npz"))


def test_a_folder_holds_arrays_that_are_checked(monkeypatch, tmp_path):
    rng = np.random.default_rng(0)
    arrays = {
        "X": rng.integers(256, size=(6, 3), dtype=np.uint8),
        "y": np.arange(6, dtype=np.uint8),
        "X_test": rng.integers(256, size=(2, 3), dtype=np.uint8),
        "y_test": np.arange(2, dtype=np.uint8),
    }
    right = write(tmp_path, "numbers", **arrays)
    monkeypatch.setitem(data.SOURCES, "numbers", data.Source(right, "numbers"))
    monkeypatch.setenv(data.FOLDER, str(tmp_path))
    found = data.load("numbers")
    assert (found.X.dtype, found.y.dtype.kind) == (np.float32, "i")
    for part, array in zip(found, arrays.values(), strict=True):
        np.testing.assert_array_equal(part, array)
    np.testing.assert_array_equal(data.split(found, 0)[1], arrays["X_test"])

    write(tmp_path, "numbers", **{**arrays, "y": arrays["y"][::-1]})
    with pytest.raises(ValueError, match=f"should be {right}"):
        data.load("numbers")


def test_without_a_published_split_rows_are_drawn(monkeypatch, tmp_path):
    X, y = np.arange(20.0).reshape(10, 2), np.linspace(0, 1, 10)
    source = data.Source(write(tmp_path, "quantity", X=X, y=y), "quantity")
    monkeypatch.setitem(data.SOURCES, "quantity", source)
    monkeypatch.setenv(data.FOLDER, str(tmp_path))
    found = data.load("quantity")
    assert (found.y.dtype, found.X_test) == (np.float32, None)
    X_train, X_test, *_ = data.split(found, 0, test_size=0.3)
    assert (len(X_train), len(X_test)) == (7, 3)


def test_openml_is_read_into_numbers(monkeypatch, openml):
    X, y = load_iris(return_X_y=True)
    wrong = data.Source("0" * 16, "iris", openml=61, n_train=100)
    monkeypatch.setitem(data.SOURCES, "recorded", wrong)
    with pytest.warns(UserWarning, match="recorded as the server has it differs"):
        found = data.load("recorded")
    # scikit-learn's iris differs from the others' by three corrections in two rows.
    assert np.sum(np.vstack([found.X, found.X_test]) != X.astype(np.float32)) == 3
    np.testing.assert_array_equal(np.append(found.y, found.y_test), y)
    assert (found.X.dtype, len(found.X), found.y.dtype.kind) == (np.float32, 100, "i")

    right = data.Source(data.digest(found), "iris", openml=61, n_train=100)
    monkeypatch.setitem(data.SOURCES, "recorded", right)
    assert data.digest(data.load("recorded")) == right.digest


def test_the_whole_of_sdd_is_fetched_once_from_uci(monkeypatch):
    rows = b"0.5 -1e-3 11\n0.25 2 1\n0.125 4 2\n"
    asked = []
    monkeypatch.setattr(data, "SDD_SHAPE", (3, 3))
    monkeypatch.setattr(data, "urlopen", lambda url: asked.append(url) or Answer(rows))
    for _ in range(2):
        found = data.load("sdd")
        np.testing.assert_array_equal(found.X, np.float32([[0.5, -1e-3], [0.25, 2], [0.125, 4]]))
        np.testing.assert_array_equal(found.y, [2, 0, 1])
    assert asked == [data.SDD]


@pytest.mark.parametrize("rows", [b"0.5 1 11\n0.25 2 1\n", b"0.5 1 11\n0.2", b"<html>", b""])
@pytest.mark.filterwarnings("ignore:loadtxt. input contained no data")
def test_what_is_not_the_whole_of_sdd_is_not_kept(monkeypatch, tmp_path, rows):
    monkeypatch.setattr(data, "SDD_SHAPE", (3, 3))
    monkeypatch.setattr(data, "urlopen", lambda url: Answer(rows))
    with pytest.raises(data.DataUnavailableError, match=r"sdd could not be fetched: http.* table"):
        data.load("sdd")
    assert not [*tmp_path.rglob("*.npz")]


def test_a_cache_is_written_as_a_whole_or_not_at_all(monkeypatch, tmp_path):
    def breaks_off(file, **arrays):
        file.write(b"the first part")
        raise KeyboardInterrupt

    monkeypatch.setattr(data, "SDD_SHAPE", (2, 2))
    monkeypatch.setattr(data, "urlopen", lambda url: Answer(b"1 2\n3 4\n"))
    monkeypatch.setattr(np, "savez_compressed", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        data.load("sdd")
    assert not [*tmp_path.rglob("*.npz")]


def test_a_server_that_says_nothing_is_given_up(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(data, "urlopen", urlopen)
        monkeypatch.setattr(data, "SDD", f"http://127.0.0.1:{server.getsockname()[1]}/")
        monkeypatch.setattr(data, "SECONDS_TO_WAIT", 0.1)
        with pytest.raises(data.DataUnavailableError, match="sdd could not be fetched: timed out"):
            data.load("sdd")
    assert socket.getdefaulttimeout() is None


def claiming(path, shape):
    """Write a small file of arrays that says that it holds large ones."""
    header = BytesIO()
    said = {"shape": shape, "fortran_order": False, "descr": "<f4"}
    np.lib.format.write_array_header_1_0(header, said)
    with ZipFile(path, "w") as archive:
        archive.writestr("X.npy", header.getvalue() + bytes(64))
        archive.writestr("y.npy", header.getvalue() + bytes(64))


def test_a_file_that_claims_gigabytes_is_refused_before_memory_is_asked_for(monkeypatch, tmp_path):
    monkeypatch.setitem(data.SOURCES, "large", data.Source(None, "large"))
    monkeypatch.setenv(data.FOLDER, str(tmp_path))
    claiming(tmp_path / "large.npz", (2**40, 2**20))
    with pytest.raises(ValueError, match=r"large\.npz says that it holds 8.*GiB, more than the 1"):
        data.load("large")
    np.savez_compressed(tmp_path / "large.npz", X=np.zeros((2**14, 2**15), bool), y=np.zeros(9))
    with pytest.raises(ValueError, match="says that it holds 2 GiB"):
        data.load("large")


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04"])
def test_a_file_that_is_no_archive_is_refused_by_name(monkeypatch, tmp_path, content):
    monkeypatch.setitem(data.SOURCES, "broken", data.Source(None, "broken"))
    monkeypatch.setenv(data.FOLDER, str(tmp_path))
    (tmp_path / "broken.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.npz is no \.npz of arrays"):
        data.load("broken")


@pytest.mark.filterwarnings("ignore:A network error occurred")
@pytest.mark.parametrize("name", ["mnist", "sdd", "tox_171"])
def test_what_is_nowhere_says_where_to_put_it(name):
    with pytest.raises(data.DataUnavailableError, match=rf"{name}\.npz.*--data.*SGNN_DATA"):
        data.load(name)


def test_cases_without_data_are_left_out(monkeypatch, tmp_path):
    benchmark = SimpleNamespace(
        cases=lambda toy: [{"data": name, "seed": 0} for name in ("tox_171", "iris", None)],
        measure=lambda case: {"rows": case["seed"]},
    )
    monkeypatch.setattr(suite, "module", lambda name: benchmark)
    said = []
    records = suite.run("any", results=tmp_path, say=said.append)
    assert [record["data"] for record in records] == ["iris", None]
    assert said[0].startswith("Left out: tox_171 could not be fetched")
    assert said[1] == "any: 2 to measure, 1 done or without data"

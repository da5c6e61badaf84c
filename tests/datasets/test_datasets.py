"""Data sets: embedded, from packages, from a folder, by download."""

import hashlib
import http.server
import importlib.resources
import socket
import sys
import threading
import zipfile
from functools import partial

import numpy as np
import pytest

import bayesneuron as bn
import bayesneuron.datasets._listening
import bayesneuron.datasets._motionsense
import bayesneuron.datasets.folder

listening_module = sys.modules["bayesneuron.datasets._listening"]
motionsense_module = sys.modules["bayesneuron.datasets._motionsense"]
folder_module = sys.modules["bayesneuron.datasets.folder"]


@pytest.fixture
def server(tmp_path):
    """Address of a local server of the files in ``tmp_path``."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    local = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path))
    threading.Thread(target=local.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{local.server_port}"
    local.shutdown()
    local.server_close()


@pytest.fixture
def nobody():
    """A local address where nothing listens."""
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{port.getsockname()[1]}/data.zip"


def publish(monkeypatch, files):
    """Let `files`, text by name, be the published ones."""
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    monkeypatch.setattr(folder_module, "checksums", lambda: digests)


def pack(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


def test_walking_is_what_was_embedded():
    file = importlib.resources.files("bayesneuron.datasets").joinpath("walking.csv")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert digest == "3342e250ffc17f940fcab42d3f87c0f03b3c079847a840560e945818f1f60ca4"
    series = bn.datasets.walking()
    assert np.isfinite(series).all()
    assert series.attrs["source"]
    x, _ = bn.windows(series, history=10, horizon=1, stride=5)
    assert x.shape == (360, 10)
    with pytest.raises(ValueError, match="axis: expected one of"):
        bn.datasets.walking("w")


def test_sine_is_seeded():
    a, b = (bn.datasets.noisy_sine(seed=3) for _ in range(2))
    np.testing.assert_array_equal(a, b)
    noise = a - np.sin(2 * np.pi * np.arange(500) / 50)
    assert float(noise.std()) == pytest.approx(0.2, abs=0.02)
    with pytest.raises(ValueError, match="noise: expected a finite number"):
        bn.datasets.noisy_sine(noise=-1)


@pytest.mark.parametrize(
    ("name", "shape"), [("iris", (150, 4)), ("digits", (1797, 64)), ("mnist", (5000, 784))]
)
def test_tables(name, shape):
    x, y = getattr(bn.datasets, name)()
    assert x.shape == shape
    assert y.shape == shape[:1]
    assert set(np.unique(y)) == set(range(int(y.max()) + 1))


def test_a_file_that_is_not_the_published_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("BAYESNEURON_DATA", str(tmp_path))
    place = tmp_path / "motionsense/A_DeviceMotion_data/wlk_7"
    place.mkdir(parents=True)
    (place / "sub_1.csv").write_text("tampered")
    with pytest.raises(ValueError, match="expected SHA-256"):
        bn.datasets.motionsense("wlk_7")


def test_unknown_recordings_name_the_known_ones(tmp_path, monkeypatch, nobody):
    monkeypatch.setenv("BAYESNEURON_DATA", str(tmp_path))
    for module in (listening_module, motionsense_module):
        monkeypatch.setattr(module, "ARCHIVE", nobody)
    with pytest.raises(ValueError, match="wlk_15"):
        bn.datasets.motionsense("wlk_99")
    with pytest.raises(ValueError, match="get the archive from https"):
        bn.datasets.listening(24)
    with pytest.raises(ValueError, match="channels: expected one of"):
        bn.datasets.listening(24, channels=("V1",))


def test_motionsense_is_downloaded_and_checked(tmp_path, monkeypatch, server, nobody):
    inside = "A_DeviceMotion_data/wlk_7/sub_1.csv"
    text = ",userAcceleration.x\n0,0.25\n1,0.5\n"
    pack(tmp_path / "data.zip", {inside: text})
    publish(monkeypatch, {f"motionsense/{inside}": text})
    monkeypatch.setenv("BAYESNEURON_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(motionsense_module, "ARCHIVE", f"{server}/data.zip")
    series = bn.datasets.motionsense("wlk_7")
    assert series.values.tolist() == [0.25, 0.5]
    monkeypatch.setattr(motionsense_module, "ARCHIVE", nobody)
    assert bn.datasets.motionsense("wlk_7").equals(series)  # from the folder, nothing to ask


ALICE = {
    "10mm/s24-timecourses.txt": "0 1 2 3 4 5\n6 8 7 9 1 2\n1 2 3 5 8 13\n",
    "s24-sndpwr.txt": "0.5\n0.25\n0.125\n",
}


@pytest.mark.parametrize("top", ["alice_data_shared/", "a/b/", ""])
def test_listening_is_downloaded_whatever_the_top_folder(
    top, tmp_path, monkeypatch, server, nobody
):
    decoys = {f"{top}6mm/s24-timecourses.txt": "6", "old/10mm/s24-timecourses.txt": "stale"}
    # what is neither known nor inside the folder is never written
    packed = {**decoys, "../outside.txt": "", **{top + k: v for k, v in ALICE.items()}}
    pack(tmp_path / "data.zip", packed)
    publish(monkeypatch, {f"alice_fmri/{k}": v for k, v in ALICE.items()})
    cache = tmp_path / "cache"
    monkeypatch.setenv("BAYESNEURON_DATA", str(cache))
    monkeypatch.setattr(listening_module, "ARCHIVE", f"{server}/data.zip")
    options = {"channels": ("LPTL", "sound_power")}
    heard = bn.datasets.listening(24, **options)
    assert heard.values.tolist() == [[2, 0.5], [7, 0.25], [3, 0.125]]
    assert {str(p.relative_to(cache / "alice_fmri")) for p in cache.rglob("*.*")} == set(ALICE)
    monkeypatch.setattr(listening_module, "ARCHIVE", nobody)
    assert bn.datasets.listening(24, **options).equals(heard)


def test_the_trend_of_a_run_is_that_of_its_training_part(tmp_path, monkeypatch):
    """A step in the held-out fifth leaves the training part as it is."""
    files = {}
    for subject, step in ((18, 0.0), (22, 50.0)):
        drift = np.arange(20.0) * 2 + 7 + step * (np.arange(20) >= 16)
        files[f"10mm/s{subject}-timecourses.txt"] = "\n".join(f"{v} " * 6 for v in drift)
    publish(monkeypatch, {f"alice_fmri/{k}": v for k, v in files.items()})
    for name, text in files.items():
        place = tmp_path / "alice_fmri" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    monkeypatch.setenv("BAYESNEURON_DATA", str(tmp_path))
    for subject, step in ((18, 0.0), (22, 50.0)):
        heard = bn.datasets.listening(subject, detrend=0.8)
        np.testing.assert_allclose(heard, np.where(np.arange(20) >= 16, step, 0.0), atol=1e-9)
        assert float(bn.datasets.listening(subject)[0]) == 7, "no trend is removed by default"
    for share in (True, 0, 1.5, "0.8"):
        with pytest.raises(ValueError, match="detrend: expected a share"):
            bn.datasets.listening(18, detrend=share)


def test_a_failed_download_says_how_to_go_on(tmp_path, monkeypatch, server, nobody):
    cache = tmp_path / "cache"
    monkeypatch.setenv("BAYESNEURON_DATA", str(cache))
    (tmp_path / "page.html").write_text("<html>Quota exceeded</html>")
    pack(tmp_path / "other.zip", {"readme.txt": ""})
    pack(tmp_path / "changed.zip", {"alice_data_shared/10mm/s24-timecourses.txt": "1 2 3"})
    pack(tmp_path / "torn.zip", {"alice_data_shared/10mm/s24-timecourses.txt": "1 2 3"})
    (tmp_path / "torn.zip").write_bytes((tmp_path / "torn.zip").read_bytes()[:-30])
    reasons = {
        nobody: "download failed",
        f"{server}/absent.zip": "404",
        f"{server}/page.html": "expected a zip archive",
        f"{server}/torn.zip": "expected a zip archive",
        f"{server}/other.zip": "expected the published",
        f"{server}/changed.zip": "expected the published",
    }
    for address, reason in reasons.items():
        monkeypatch.setattr(listening_module, "ARCHIVE", address)
        with pytest.raises(ValueError, match=reason) as error:
            bn.datasets.listening(24)
        for part in (listening_module.PAGE, "BAYESNEURON_DATA", str(cache / "alice_fmri")):
            assert part in str(error.value)
        assert not list(cache.rglob("*.*")), "a failure leaves nothing that a later call would use"
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BAYESNEURON_DATA", str(tmp_path / "file"))  # no folder can be made
    with pytest.raises(ValueError, match="download failed"):
        bn.datasets.listening(24)


def test_real_recordings(real_data, monkeypatch):
    monkeypatch.setenv("BAYESNEURON_DATA", str(real_data))
    walking = bn.datasets.motionsense("wlk_7")
    assert walking.sizes["time"] > 5000
    assert walking.attrs["units"] == "g"
    heard = bn.datasets.listening(24, channels=("LPTL", "sound_power"))
    assert heard.shape == (362, 2)
    early, late = bn.split(bn.datasets.listening(24, detrend=0.8), test_size=0.2)
    assert abs(float(early.mean())) < 1e-6
    assert float(late.mean()) == pytest.approx(1.23, abs=0.01), "no look at the held-out part"
    sounds = [bn.datasets.listening(s, channels=("sound_power", "word_rate")) for s in (24, 35)]
    np.testing.assert_array_equal(*sounds)  # as the docstring says
    assert bn.datasets.listening(24).dims == ("time",)
    with pytest.raises(ValueError, match="subject 33 is constant"):
        bn.datasets.listening(33)

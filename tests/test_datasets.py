"""Data sets: embedded, from packages, from a folder, by download."""

import hashlib
import http.server
import importlib.resources
import sys
import threading
import zipfile
from functools import partial

import numpy as np
import pytest

import bayesneuron as bn
import bayesneuron.datasets.folder
import bayesneuron.datasets.motionsense

motionsense_module = sys.modules["bayesneuron.datasets.motionsense"]
folder_module = sys.modules["bayesneuron.datasets.folder"]


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
    with pytest.raises(ValueError, match="noise >= 0"):
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


def test_unknown_recordings_name_the_known_ones(tmp_path, monkeypatch):
    monkeypatch.setenv("BAYESNEURON_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="wlk_15"):
        bn.datasets.motionsense("wlk_99")
    with pytest.raises(ValueError, match="get the archive from https"):
        bn.datasets.listening(24)
    with pytest.raises(ValueError, match="channels: expected one of"):
        bn.datasets.listening(24, channels=("V1",))


def test_download_is_unpacked_and_checked(tmp_path, monkeypatch):
    name = "motionsense/A_DeviceMotion_data/wlk_7/sub_1.csv"
    text = ",userAcceleration.x\n0,0.25\n1,0.5\n"
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("A_DeviceMotion_data/wlk_7/sub_1.csv", text)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    digest = hashlib.sha256(text.encode()).hexdigest()
    monkeypatch.setenv("BAYESNEURON_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(
        motionsense_module, "ARCHIVE", f"http://127.0.0.1:{server.server_port}/data.zip"
    )
    for module in (motionsense_module, folder_module):
        monkeypatch.setattr(module, "checksums", lambda: {name: digest})
    series = bn.datasets.motionsense("wlk_7")
    assert series.values.tolist() == [0.25, 0.5]
    server.shutdown()
    server.server_close()
    assert bn.datasets.motionsense("wlk_7").equals(series)  # from the folder, nothing to ask


def test_real_recordings(real_data, monkeypatch):
    monkeypatch.setenv("BAYESNEURON_DATA", str(real_data))
    walking = bn.datasets.motionsense("wlk_7")
    assert walking.sizes["time"] > 5000
    assert walking.attrs["units"] == "g"
    heard = bn.datasets.listening(24, channels=("LPTL", "sound_power"))
    assert heard.shape == (362, 2)
    assert abs(float(heard[:, 0].mean())) < 1e-6
    assert bn.datasets.listening(24).dims == ("time",)
    with pytest.raises(ValueError, match="subject 33 is constant"):
        bn.datasets.listening(33)

"""Changes of a file that know its format: what is inside is altered, what is around stays whole."""

import hashlib
import io
import json
import struct
import zipfile
from typing import Any

import numpy as np

from bayesneuron.draws.storage import MARK

Generator = np.random.Generator
ODD = (
    None, True, -1, 0, 3, 2**63, 10**400, 1e308, float("nan"), float("inf"), "", "chain", "h", "\0",
    "9" * 5000, "../x", "/etc/hostname", [], {}, [[]], ["h", "h", "h"], {"h": "tanh"}, [1, "h"],
)  # fmt: skip
WORDS = (
    b"nan", b"inf", b"1e400", b"-9999", b"9" * 5000, b'"', b'""', b"\0", b"\r", b"\n\n", b"\t",
    b"|",
    b";", b",", b"#", b"sep=;\n", b"TOA5", b"\xef\xbb\xbf", b"\xff\xfe", b"2024-13-45", b"12:61",
    b"1,5", b"1.234.567", b"NA", b"time", b"\xe2\x88\x92", b"\xd9\xa1", b"2024-01-01T00:00+99:99",
    b"0001-01-01", b"9999-12-31", b"1e-400", b"Jan 2024", b"2024Q5", b"-", b"+", b" ", b"0x1p3",
)  # fmt: skip


def pick(rng: Generator, items: Any) -> Any:
    """One of `items`."""
    return items[int(rng.integers(len(items)))]


def blind(content: bytes, rng: Generator) -> bytes:
    """Bits flipped, bytes set, stretches cut, doubled or moved, the end lost."""
    data = bytearray(content)
    for _ in range(pick(rng, (1, 1, 2, 4))):
        size = max(1, len(data))
        at, to = sorted(int(i) for i in rng.integers(0, size, 2))
        to = min(to, at + 64)
        match int(rng.integers(7)):
            case 0 if data:
                data[at] ^= 1 << int(rng.integers(8))
            case 1 if data:
                data[at] = pick(rng, (0, 1, 127, 128, 255, int(rng.integers(256))))
            case 2:
                del data[at:to]
            case 3:
                data[at:at] = data[at:to]
            case 4:
                del data[at:]
            case 5:
                data[at : at + 8] = struct.pack("<q", pick(rng, (-1, 0, 2**62, 2**31, 255)))
            case _:
                data[at:at] = rng.bytes(int(rng.integers(1, 9)))
    return bytes(data)


def text(content: bytes, rng: Generator) -> bytes:
    """Cells and rows exchanged, lost, doubled, or replaced by words that mean something."""
    rows = [row.split(b",") for row in content.split(b"\n")]
    for _ in range(pick(rng, (1, 1, 2, 3))):
        i = int(rng.integers(len(rows)))
        j = int(rng.integers(max(1, len(rows[i]))))
        match int(rng.integers(6)):
            case 0:
                rows[i][j : j + 1] = [pick(rng, WORDS)]
            case 1:
                rows[i][j : j + 1] = [*rows[i][j : j + 1], pick(rng, WORDS)]
            case 2:
                del rows[i][j : j + 1]
            case 3:
                rows.insert(i, list(pick(rng, rows)))
            case 4:
                rows[i] = [b"".join([c, pick(rng, WORDS)]) for c in rows[i]]
            case _ if len(rows) > 1:
                del rows[i]
    return b"\n".join(b",".join(row) for row in rows)


def tree(value: Any, rng: Generator) -> Any:
    """A JSON value with one part replaced, removed, renamed or put too deep."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.15:
        return pick(rng, ODD)
    if isinstance(value, list):
        changed = list(value)
        i = int(rng.integers(len(changed)))
        match int(rng.integers(4)):
            case 0:
                del changed[i]
            case 1:
                changed.append(changed[i])
            case _:
                changed[i] = tree(changed[i], rng)
        return changed
    key = pick(rng, list(value))
    match int(rng.integers(6)):
        case 0:
            return {k: v for k, v in value.items() if k != key}
        case 1:
            return {pick(rng, ("h", "", "x/y", "__metadata__", "é")) if k == key else k: v
                    for k, v in value.items()}  # fmt: skip
        case 2:
            return {**value, pick(rng, ("h", "chain", "x")): pick(rng, ODD)}
        case _:
            return {**value, key: tree(value[key], rng)}


def json_text(content: bytes, rng: Generator) -> bytes:
    """JSON with a changed tree, or nested too deeply."""
    if rng.random() < 0.01:
        return b"[" * 100_000
    try:
        return json.dumps(tree(json.loads(content), rng)).encode()
    except (ValueError, RecursionError):
        return blind(content, rng)


def safetensors(content: bytes, rng: Generator) -> bytes:
    """The header changed, its length put right."""
    size = int.from_bytes(content[:8], "little")
    header = json_text(content[8 : 8 + size], rng)
    return len(header).to_bytes(8, "little") + header + content[8 + size :]


def npy(content: bytes, rng: Generator) -> bytes:
    """The description of an array changed, its length put right."""
    if content[:6] != b"\x93NUMPY" or len(content) < 10:
        return blind(content, rng)
    size = int.from_bytes(content[8:10], "little")
    words, data = content[10 : 10 + size], content[10 + size :]
    shape = words[words.find(b"(") : words.find(b")") + 1]
    new = pick(rng, (b"()", b"(-1,)", b"(2,3,4)", b"(99999999999,)", b"(1e3,)", b"(" * 200, b"(0,)",
                     b"(9" + b"9" * 4999 + b",)", b"None"))  # fmt: skip
    kind = pick(rng, (b"|O", b"<f8", b"<c16", b"<M8[s]", b"|b1", b"<U4", b"<i8", b">f4", b"|V8"))
    match int(rng.integers(4)):
        case 0:
            words = words.replace(shape, new)
        case 1:
            words = words.replace(b"<f8", kind)
        case 2:
            words = words.replace(b"False", pick(rng, (b"True", b"0", b"[", b"'x'")))
        case _:
            words = blind(words, rng)
    return content[:8] + min(len(words), 65535).to_bytes(2, "little") + words[:65535] + data


def archive(content: bytes, rng: Generator, change: Any = blind) -> bytes:
    """One member of a zip archive changed, renamed, doubled or lost."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = [(i.filename, packed.read(i)) for i in packed.infolist()]
    except Exception:  # damaged by an earlier change
        return blind(content, rng)
    if not members:
        return blind(content, rng)
    i = int(rng.integers(len(members)))
    name, data = members[i]
    match int(rng.integers(8)):
        case 0:
            del members[i]
        case 1:
            members[i] = pick(rng, ("../out.npy", "/tmp/out.npy", "a\\b", name + "x", "é")), data
        case 2:
            members.append((name + "2.npy", data))
        case _:
            members[i] = name, change(data, rng)
    buffer = io.BytesIO()
    kind = pick(rng, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(buffer, "w", kind) as packed:
        for name, data in members:
            packed.writestr(zipfile.ZipInfo(name), data)
    out = buffer.getvalue()
    return blind(out, rng) if rng.random() < 0.1 else out


def npz(content: bytes, rng: Generator) -> bytes:
    """An array of the archive changed."""
    return archive(content, rng, npy)


def onnx(content: bytes, rng: Generator) -> bytes:
    """A node, an attribute, or a tensor of the graph changed."""
    import onnx as library

    try:
        model = library.load_from_string(content)
        _change_graph(model.graph, rng)
        return model.SerializeToString()
    except Exception:  # damaged by an earlier change
        return blind(content, rng)


def _change_graph(graph: Any, rng: Generator) -> None:
    import onnx as library

    for _ in range(int(rng.integers(1, 3))):
        node = pick(rng, graph.node) if graph.node else None
        tensor = pick(rng, graph.initializer) if graph.initializer else None
        match int(rng.integers(9)):
            case 0 if node is not None:
                node.op_type = pick(rng, ("Gemm", "MatMul", "Add", "Mul", "Gather", "Transpose",
                    "LSTM", "GRU", "RNN", "Constant", "BatchNormalization", "Cast", "Softmax",
                    "Gelu", "Identity", "Loop", "Shape"))  # fmt: skip
            case 1 if node is not None and node.input:
                del node.input[int(rng.integers(len(node.input)))]
            case 2 if node is not None:
                node.input.append(pick(rng, ("", "x", *[t.name for t in graph.initializer])))
            case 3 if node is not None and node.output:
                del node.output[0]
            case 4 if node is not None:
                name = pick(rng, ("transB", "alpha", "perm", "activations", "axis", "epsilon",
                                  "direction", "approximate", "value"))  # fmt: skip
                value = pick(rng, (1, 0.5, "é", [1, 0], ["Tanh", "Sigmoid"], [0.5], b"\xff"))
                node.attribute.append(library.helper.make_attribute(name, value))
            case 5 if tensor is not None:
                tensor.dims[:] = pick(rng, ([], [-1], [2, 3], [2**40, 2**40], [1, 1, 6], [0]))
            case 6 if tensor is not None:
                tensor.data_type = int(rng.integers(0, 30))
            case 7 if tensor is not None:
                tensor.data_location = 1
                entry = tensor.external_data.add()
                entry.key = pick(rng, ("location", "offset", "length"))
                entry.value = pick(rng, ("../x", "/etc/hostname", "input.onnx", "-1", "\0", ""))
            case _ if graph.output:
                del graph.output[0]


def sealed(body: bytes) -> bytes:
    """The content with the checksum that a saved file has."""
    return body + MARK + hashlib.sha256(body).hexdigest().encode()


def netcdf(content: bytes, rng: Generator) -> bytes:
    """An attribute, an array or a group changed, and the checksum put right."""
    import h5py

    body = content.rpartition(MARK)[0]
    buffer = io.BytesIO(body)
    try:
        with h5py.File(buffer, "r+") as file:
            groups = [file[name] for name in file if isinstance(file[name], h5py.Group)]
            place = pick(rng, [file, file, *groups])
            arrays = [k for k in place if isinstance(place[k], h5py.Dataset)]
            names = list(place.attrs)
            match int(rng.integers(8)):
                case 0 | 1 if names:
                    place.attrs[pick(rng, names)] = _attribute(rng)
                case 2 if names:
                    del place.attrs[pick(rng, names)]
                case 3 if "layout" in names:
                    text = str(place.attrs["layout"]).encode()
                    place.attrs["layout"] = json_text(text, rng).decode("utf-8", "replace")
                case 4 if list(place):
                    del place[pick(rng, list(place))]
                case 5 if arrays:
                    array = place[pick(rng, arrays)]
                    if array.dtype.kind == "f" and array.size:
                        values = array[()]
                        values.flat[0] = pick(rng, (np.nan, np.inf, 1e300))
                        array[...] = values
                case 6 if arrays:
                    name = pick(rng, arrays)
                    del place[name]
                    place[name] = pick(rng, (np.zeros(3), np.zeros((1, 3, 2), "i4"), "text", 1j))
                case _:
                    place[pick(rng, ("other", "chain", "x"))] = _link(rng)
    except Exception:  # damaged by an earlier change, or what HDF5 cannot write
        return sealed(blind(body, rng))
    return sealed(buffer.getvalue())


def _attribute(rng: Generator) -> Any:
    return pick(rng, (-1, 3, 99, 2**40, 1.5, np.nan, "", "{", "[]", "{}", "é" * 9, b"\xff\xfe",
                      np.array(["a", "b"], "S1"), np.array([1.5, 2.5]), np.zeros((2, 2)),
                      np.array([]), "two_layer", "../evil.py", '{"hidden": -1}'))  # fmt: skip


def _link(rng: Generator) -> Any:
    import h5py

    return pick(rng, (h5py.SoftLink("/posterior"), h5py.ExternalLink("/etc/hostname", "/"),
                      h5py.SoftLink("/nowhere"), np.zeros(2)))  # fmt: skip

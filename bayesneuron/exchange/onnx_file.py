"""An ONNX file: its graph and its weights, none of them from outside its folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

_EXTERNAL = 1  # data_location of a tensor outside the file


def graph_of(path: Path) -> Any:
    """The graph of a file, weights outside of it left there.

    Raises
    ------
    ValueError
        If the extra ``onnx`` is not installed, or the file is damaged.
    """
    try:
        import onnx  # pyright: ignore
        from google.protobuf.message import DecodeError  # pyright: ignore
    except ImportError:
        raise ValueError(
            f"{path}: expected the extra 'onnx' (pip install bayesneuron[onnx])"
        ) from None
    try:
        graph = onnx.load(str(path), load_external_data=False).graph
    except (DecodeError, OSError, ValueError) as error:
        words = str(error).splitlines()[0] if str(error) else "a damaged one"
        raise ValueError(f"{path}: expected an ONNX file, got {words}") from None
    if not graph.node:
        raise ValueError(f"{path}: expected an ONNX graph with nodes, got a damaged or empty one")
    return graph


def initializers_of(graph: Any, path: Path) -> dict[str, np.ndarray]:
    """The weights of a graph, those of a file beside it as well.

    Raises
    ------
    ValueError
        If one is damaged, or lies outside the folder of the file.
    """
    from onnx import external_data_helper, numpy_helper  # pyright: ignore

    values: dict[str, np.ndarray] = {}
    for tensor in graph.initializer:
        if tensor.data_location == _EXTERNAL:
            _check_inside(tensor, path)
        try:
            if tensor.data_location == _EXTERNAL:
                external_data_helper.load_external_data_for_tensor(tensor, str(path.parent))
            values[tensor.name] = np.asarray(numpy_helper.to_array(tensor))
        except Exception as error:  # whatever onnx makes of a damaged tensor
            words = str(error).splitlines()[0] if str(error) else "a damaged one"
            raise ValueError(f"{path}, {tensor.name}: expected a tensor, got {words}") from None
    return values


def _check_inside(tensor: Any, path: Path) -> None:
    """A file of weights lies beside the graph, or it is not opened."""
    location = next((e.value for e in tensor.external_data if e.key == "location"), "")
    folder, place = path.parent.resolve(), (path.parent / location).resolve()
    if not location or Path(location).is_absolute() or not place.is_relative_to(folder):
        raise ValueError(
            f"{path}, {tensor.name}: expected weights in the folder of the file, got {location!r}"
        )


def attributes_of(node: Any) -> dict[str, Any]:
    """The attributes of a node by name, tensors as arrays."""
    return dict(_named(node))


def _named(node: Any) -> Iterator[tuple[str, Any]]:
    from onnx import helper, numpy_helper  # pyright: ignore

    for attribute in node.attribute:
        value = helper.get_attribute_value(attribute)
        is_tensor = attribute.type == attribute.TENSOR
        yield attribute.name, np.asarray(numpy_helper.to_array(value)) if is_tensor else value


def text_of(value: Any) -> str:
    """A word of an attribute."""
    return value.decode() if isinstance(value, bytes) else str(value)

"""Where the sites of a shipped network lie among tensors of PyTorch's names."""

from bayesneuron.exchange.places import Place, Places
from bayesneuron.exchange.recurrent import KINDS, RecurrentLayer, layer_names, recurrent_places
from bayesneuron.network.layout import Layout
from bayesneuron.network.priors import SKIP

_TORCH = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def torch_places(layout: Layout, network: str) -> Places:
    """Dense layers ``layers.0``, …; recurrent ones ``rnn`` with ``weight_ih_l0``, …, below them.

    Raises
    ------
    ValueError
        If a site is none of a dense or a recurrent layer.

    Examples
    --------
    >>> from bayesneuron.network.model import load
    >>> model = load("two_layer", inputs=3, hidden=4, outputs=1)
    >>> {s: p[0].tensor for s, p in torch_places(model.layout, "two_layer").sites.items()}
    ... # doctest: +NORMALIZE_WHITESPACE
    {'hidden_weight': 'layers.0.weight', 'hidden_bias': 'layers.0.bias',
     'output_weight': 'layers.1.weight', 'output_bias': 'layers.1.bias'}
    """
    sites: dict[str, tuple[Place, ...]] = {}
    own = [site for site in layout.sites if site not in layout.auxiliary]
    if network == "rnn":
        sites = {
            "input_weight": (Place("rnn.weight_ih_l0"),),
            "hidden_weight": (Place("rnn.weight_hh_l0"),),
        }
    elif recurrent := [h for h in layout.hidden if layout.recurrent(h)]:
        kind = _kind(own, recurrent[0])
        layers = tuple(
            RecurrentLayer("torch", kind, {w: f"rnn.{w}_l{i}" for w in _TORCH}, f"rnn.l{i}")
            for i in range(len(recurrent))
        )
        named = dict(zip(layer_names(len(recurrent)), recurrent, strict=True))
        assert list(named) == list(named.values()), named
        sites = dict(recurrent_places(layers, {}).sites)
    for number, name in enumerate(dict.fromkeys(_layer(s) for s in own if s not in sites)):
        if name == SKIP:
            sites[SKIP] = (Place("skip.weight"),)
            continue
        for kind in ("weight", "bias"):
            if f"{name}_{kind}" in own:
                sites[f"{name}_{kind}"] = (Place(f"layers.{number}.{kind}"),)
    beyond = sorted(set(own) ^ set(sites))
    if beyond:
        raise ValueError(
            f"draws: expected a network of dense and recurrent layers, got the sites {beyond}"
        )
    return Places(sites)


def _kind(own: list[str], layer: str) -> str:
    parts = sum(s.startswith(f"{layer}_") and s.endswith("_recurrent") for s in own)
    if parts not in KINDS:
        raise ValueError(f"draws: expected recurrent layers of 1, 3 or 4 parts, got {parts}")
    return KINDS[parts]


def _layer(site: str) -> str:
    return SKIP if site == SKIP else site.rpartition("_")[0]

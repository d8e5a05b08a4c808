"""Golden values of layers of sequences: value and gradients by PyTorch in float64.

Recurrent weights are kept as Millrace has them, [in, gates * units]; PyTorch's are their transposes. Of
GRU the gates lie as update, reset, candidate; PyTorch has reset, update, candidate. Where PyTorch adds
two biases and Millrace one, the second of PyTorch is 0.
"""

import torch
from torch import nn

from common import differentiate, draw, plain, write

NAMES = ["weight", "recurrentWeight", "bias", "recurrentBias"]
GATES = {"simpleRnn": 1, "lstm": 4, "gru": 3}
MODULES = {"simpleRnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def sequence_case(name, layer, arguments, function, inputs, parameters=None, given=None):
    """A case with inputs by port, those of `given` whole numbers or masks that have no gradient."""
    parameters = parameters or {}
    leaves = {**inputs, **parameters}
    output, cotangent, gradients = differentiate(
        lambda *values: function(**dict(zip(leaves, values))), list(leaves.values())
    )
    return {
        "name": name,
        "layer": layer,
        "arguments": arguments,
        "inputs": {key: plain(value) for key, value in inputs.items()},
        "given": {key: plain(value) for key, value in (given or {}).items()},
        "parameters": {key: plain(value) for key, value in parameters.items()},
        "output": plain(output),
        "cotangent": plain(cotangent),
        "gradients": {key: plain(g) for key, g in zip(leaves, gradients)},
    }


def padding(lengths, steps):
    """1 before each length, 0 from it on."""
    return (torch.arange(steps)[None] < torch.tensor(lengths)[:, None]).double()


def recurrent_case(name, layer, options=None, units=2, lengths=None, module=None, steps=4, begins=False):
    """`begins`: the states to begin with are an input, side by side: direction by direction, h and c."""
    options = options or {}
    batch, features = 3, 3
    bidirectional = options.get("bidirectional", False)
    biased = options.get("useBias", True)
    width = GATES[layer] * units
    x = draw(batch, steps, features)
    parameters = {}
    for prefix in ["", "backward"] if bidirectional else [""]:
        shapes = {"weight": (features, width), "recurrentWeight": (units, width)}
        if biased:
            shapes["bias"] = (width,)
            if layer == "gru":
                shapes["recurrentBias"] = (width,)
        for key, shape in shapes.items():
            own = key if prefix == "" else prefix + key[0].upper() + key[1:]
            parameters[own] = draw(*shape, low=-1.0, high=1.0)
    network = MODULES[layer](features, units, batch_first=True, bias=True, bidirectional=bidirectional,
                             **(module or {}))

    def torch_order(weight):
        if layer != "gru":
            return weight
        update, reset, candidate = weight.split(units, -1)
        return torch.cat([reset, update, candidate], -1)

    directions, carried = 2 if bidirectional else 1, 2 if layer == "lstm" else 1

    def split(states):
        parts = states.split(units, -1)
        stacked = [torch.stack(parts[i::carried]) for i in range(carried)]
        return tuple(stacked) if layer == "lstm" else stacked[0]

    def join(last):
        parts = last if layer == "lstm" else [last]
        return torch.cat([part[i] for i in range(directions) for part in parts], -1)

    def function(x, states=None, **values):
        state = {}
        for prefix, suffix in [("", ""), ("backward", "_reverse")][: 2 if bidirectional else 1]:
            def own(key):
                return values.get(key if prefix == "" else prefix + key[0].upper() + key[1:])
            nothing = torch.zeros(width)
            state["weight_ih_l0" + suffix] = torch_order(own("weight")).T
            state["weight_hh_l0" + suffix] = torch_order(own("recurrentWeight")).T
            bias, second = own("bias"), own("recurrentBias")
            state["bias_ih_l0" + suffix] = nothing if bias is None else torch_order(bias)
            state["bias_hh_l0" + suffix] = nothing if second is None else torch_order(second)
        if options.get("goBackwards"):
            x = x.flip(1)
        if lengths is not None:
            x = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        sequence, last = torch.func.functional_call(
            network, state, (x,) if states is None else (x, split(states)))
        if lengths is not None:
            sequence, _ = nn.utils.rnn.pad_packed_sequence(sequence, batch_first=True, total_length=steps)
        if options.get("returnStates"):
            return join(last)
        if layer == "lstm":
            last = last[0]
        parts = list(sequence.split(units, -1)) if options.get("returnSequences") else list(last)
        how = options.get("merge", "concatenate")
        if how == "concatenate":
            return torch.cat(parts, -1)
        a, b = parts
        return {"sum": a + b, "average": (a + b) / 2, "multiply": a * b}[how]

    given = {} if lengths is None else {"mask": padding(lengths, steps)}
    inputs = {"x": x}
    if begins:
        inputs["states"] = draw(batch, directions * carried * units, low=-1.0, high=1.0)
    case = sequence_case(name, layer, [units, options], function, inputs, parameters, given)
    return {**case, "port": "states"} if options.get("returnStates") else case


def state_cases():
    cases = []
    for layer in MODULES:
        cases += [
            recurrent_case(f"{layer} from states", layer, begins=True),
            recurrent_case(f"{layer}, its states", layer, {"returnStates": True}),
            recurrent_case(f"{layer} from states, whole sequence with padding", layer,
                           {"returnSequences": True}, lengths=[2, 4, 1], begins=True),
            recurrent_case(f"{layer} of one step, from states to states", layer, {"returnStates": True},
                           steps=1, begins=True),
            recurrent_case(f"{layer} in both directions with padding, from states to states", layer,
                           {"bidirectional": True, "returnStates": True}, lengths=[3, 4, 1], begins=True),
            recurrent_case(f"{layer} backwards, from states to states", layer,
                           {"goBackwards": True, "returnStates": True}, begins=True),
        ]
    return cases


def recurrent_cases():
    cases = []
    for layer in MODULES:
        cases += [
            recurrent_case(layer, layer),
            recurrent_case(f"{layer}, whole sequence", layer, {"returnSequences": True}, units=3),
            recurrent_case(f"{layer} backwards", layer, {"goBackwards": True, "returnSequences": True}),
            recurrent_case(f"{layer} without bias", layer, {"useBias": False}),
            recurrent_case(f"{layer} of one step", layer, {"returnSequences": True}, steps=1),
            recurrent_case(f"{layer} with padding", layer, lengths=[4, 1, 3]),
            recurrent_case(f"{layer} with padding, whole sequence", layer, {"returnSequences": True},
                           lengths=[2, 4, 1]),
            recurrent_case(f"{layer} in both directions with padding", layer, {"bidirectional": True},
                           lengths=[3, 4, 1]),
            recurrent_case(f"{layer} in both directions with padding, whole sequence", layer,
                           {"bidirectional": True, "returnSequences": True}, lengths=[1, 4, 3]),
        ]
    for merge in ["sum", "average", "multiply"]:
        cases.append(recurrent_case(f"gru in both directions, {merge}", "gru",
                                    {"bidirectional": True, "merge": merge, "returnSequences": True}))
    cases.append(recurrent_case("simpleRnn with relu", "simpleRnn", {"activation": "relu"},
                                module={"nonlinearity": "relu"}))
    return cases


ATTENTION = ["query", "key", "value", "output"]


def attention_parameters(features, inner, memory, biased=True, prefix=""):
    shapes = {"query": (features, inner), "key": (memory, inner), "value": (memory, inner),
              "output": (inner, features)}
    parameters = {}
    for name in ATTENTION:
        parameters[f"{prefix}{name}Weight"] = draw(*shapes[name], low=-1.0, high=1.0)
        if biased:
            parameters[f"{prefix}{name}Bias"] = draw(shapes[name][1], low=-1.0, high=1.0)
    return parameters


def attention_state(values, prefix=""):
    """What PyTorch's MultiheadAttention of as many features everywhere keeps."""
    own = {name: values.get(prefix + name) for name in
           [f"{part}{kind}" for part in ATTENTION for kind in ["Weight", "Bias"]]}
    features = own["outputWeight"].shape[1]
    nothing = torch.zeros(features)
    biases = [nothing if own[f"{part}Bias"] is None else own[f"{part}Bias"] for part in ATTENTION]
    return {
        "in_proj_weight": torch.cat([own[f"{part}Weight"].T for part in ATTENTION[:3]]),
        "in_proj_bias": torch.cat(biases[:3]),
        "out_proj.weight": own["outputWeight"].T,
        "out_proj.bias": biases[3],
    }


def hidden_steps(steps, causal):
    return torch.ones(steps, steps, dtype=torch.bool).triu(1) if causal else None


def attention_case(name, options=None, lengths=None, memory=None, heads=2):
    options = options or {}
    batch, steps, features = 3, 4, 4
    network = nn.MultiheadAttention(features, heads, batch_first=True)
    inputs = {"x": draw(batch, steps, features)}
    if memory is not None:
        inputs["memory"] = draw(batch, memory, features)
    length = memory or steps

    def function(x, memory=None, **values):
        memory = x if memory is None else memory
        hidden = None if lengths is None else padding(lengths, length) == 0
        output, _ = torch.func.functional_call(
            network, attention_state(values), (x, memory, memory),
            {"key_padding_mask": hidden, "attn_mask": hidden_steps(steps, options.get("causal"))},
        )
        return output

    given = {} if lengths is None else {"mask": padding(lengths, length)}
    parameters = attention_parameters(features, features, features, options.get("useBias", True))
    return sequence_case(name, "multiHeadAttention", [heads, options], function, inputs, parameters, given)


def wide_attention_case():
    """Heads of another width than the features' share, and a memory of other features: by definition."""
    heads, width, features, memory_features = 2, 3, 4, 5

    def function(x, memory, **values):
        def project(y, part):
            return y @ values[f"{part}Weight"] + values[f"{part}Bias"]
        def per_head(y):
            return y.unflatten(-1, (heads, width)).transpose(1, 2)
        q, k, v = per_head(project(x, "query")), per_head(project(memory, "key")), per_head(project(memory, "value"))
        seen = torch.nn.functional.scaled_dot_product_attention(q, k, v)
        return project(seen.transpose(1, 2).flatten(2), "output")

    return sequence_case(
        "multiHeadAttention with heads of their own width", "multiHeadAttention",
        [heads, {"headWidth": width}], function,
        {"x": draw(2, 3, features), "memory": draw(2, 2, memory_features)},
        attention_parameters(features, heads * width, memory_features),
    )


def encoder_case(name, options=None, lengths=None):
    options = options or {}
    batch, steps, features, heads, hidden = 2, 4, 4, 2, 3
    network = nn.TransformerEncoderLayer(
        features, heads, hidden, dropout=0.0, batch_first=True, norm_first=options.get("normFirst", False),
    )
    parameters = attention_parameters(features, features, features, prefix="attention.")
    norm = lambda i: {f"norm{i}.gamma": draw(features), f"norm{i}.beta": draw(features)}
    parameters |= norm(1) | {
        "feedForward.hiddenWeight": draw(features, hidden),
        "feedForward.hiddenBias": draw(hidden),
        "feedForward.outputWeight": draw(hidden, features),
        "feedForward.outputBias": draw(features),
    } | norm(2)

    def function(x, **values):
        state = {f"self_attn.{key}": value for key, value in attention_state(values, "attention.").items()}
        state |= {
            "linear1.weight": values["feedForward.hiddenWeight"].T,
            "linear1.bias": values["feedForward.hiddenBias"],
            "linear2.weight": values["feedForward.outputWeight"].T,
            "linear2.bias": values["feedForward.outputBias"],
        }
        for i in [1, 2]:
            state |= {f"norm{i}.weight": values[f"norm{i}.gamma"], f"norm{i}.bias": values[f"norm{i}.beta"]}
        hidden_keys = None if lengths is None else padding(lengths, steps) == 0
        return torch.func.functional_call(
            network, state, (x,),
            {"src_key_padding_mask": hidden_keys, "src_mask": hidden_steps(steps, options.get("causal"))},
        )

    given = {} if lengths is None else {"mask": padding(lengths, steps)}
    return sequence_case(name, "transformerEncoder", [heads, hidden, options], function,
                         {"x": draw(batch, steps, features)}, parameters, given)


def waves(x):
    """As the tutorial of PyTorch has them."""
    steps, features = x.shape[1:]
    position = torch.arange(steps).double()[:, None]
    frequency = torch.exp(torch.arange(0, features, 2).double() * (-torch.log(torch.tensor(10000.0)) / features))
    table = torch.zeros(steps, features)
    table[:, 0::2] = torch.sin(position * frequency)
    table[:, 1::2] = torch.cos(position * frequency[: features // 2])
    return x + table


def other_cases():
    numbers = torch.tensor([[3, 0, 3], [1, 4, 3]])
    return [
        sequence_case(
            "embedding", "embedding", [5, 3], lambda weight: torch.nn.functional.embedding(numbers, weight),
            {}, {"weight": draw(5, 3)}, {"x": numbers},
        ),
        sequence_case("sinusoidalPositions", "sinusoidalPositions", [], waves, {"x": draw(2, 5, 6)}),
        sequence_case("sinusoidalPositions of an odd width", "sinusoidalPositions", [], waves,
                      {"x": draw(1, 3, 5)}),
        sequence_case("learnedPositions", "learnedPositions", [5],
                      lambda x, weight: x + weight[:3], {"x": draw(2, 3, 2)}, {"weight": draw(5, 2)}),
        attention_case("multiHeadAttention"),
        attention_case("multiHeadAttention without bias", {"useBias": False}, heads=1),
        attention_case("multiHeadAttention, causal", {"causal": True}),
        attention_case("multiHeadAttention with padding", lengths=[4, 1, 3]),
        attention_case("multiHeadAttention, causal with padding", {"causal": True}, lengths=[2, 4, 1]),
        attention_case("multiHeadAttention to a memory", memory=3),
        attention_case("multiHeadAttention to a memory with padding", memory=5, lengths=[5, 2, 1]),
        wide_attention_case(),
        encoder_case("transformerEncoder"),
        encoder_case("transformerEncoder, normalization first", {"normFirst": True}),
        encoder_case("transformerEncoder, causal with padding", {"causal": True}, lengths=[4, 2]),
    ]


write(recurrent_cases() + other_cases() + state_cases())

"""Writes unet_plus_plus.json: what PyTorch computes with weights given by a formula.

    python crates/qunet-model/tests/golden/make.py     (torch 2.13.0)

Element k of the n-th tensor in the order of names is a * sin(0.37 k^2 + n), with a = 0.5 for kernels, 1.5 + sin(...) for variances
and 0.5 + 0.5 sin(...) for biases of convolutions within nodes, so that no node is dead. The loss
is negative Dice (s = 1) plus binary cross-entropy, summed over the heads; dropout is off, so that it can be repeated.
"""

import json
import sys
from pathlib import Path

import torch

folder = Path(__file__).parent
sys.path.insert(0, str(folder.parents[1] / "python"))
from unet_plus_plus import UnetPlusPlus  # noqa: E402


def fill(network):
    state = {name: tensor for name, tensor in network.state_dict().items() if "num_batches" not in name}
    for number, name in enumerate(sorted(state)):
        wave = torch.sin(0.37 * torch.arange(state[name].numel(), dtype=torch.float64) ** 2 + number)
        if name.endswith("running_var"):
            wave = wave + 1.5
        elif ".conv" in name and name.endswith("bias"):
            wave = 0.5 * wave + 0.5
        elif state[name].dim() == 4:
            wave = 0.5 * wave
        state[name].copy_(wave.reshape(state[name].shape))


def loss(logits, truth):
    total = 0
    for map in logits:
        p = torch.sigmoid(map)
        total = total - (2 * (p * truth).sum() + 1) / (p.sum() + truth.sum() + 1)
        total = total + torch.nn.functional.binary_cross_entropy_with_logits(map, truth)
    return total


network = UnetPlusPlus(width=3, dropout=0.0).double()
with torch.no_grad():
    fill(network)
pixels = torch.arange(2 * 32 * 16, dtype=torch.float64)
images = (0.5 + 0.5 * torch.sin(0.11 * pixels)).reshape(2, 1, 32, 16)
truth = (torch.sin(0.05 * pixels) > 0.5).double().reshape(2, 1, 32, 16)
golden = {"evaluate": [], "gradients": {}}
network.eval()
with torch.no_grad():
    golden["evaluate"] = [map.flatten()[::37].tolist() for map in network(images)]
network.train()
value = loss(network(images), truth)
value.backward()
golden["loss"] = value.item()
for name, parameter in network.named_parameters():
    golden["gradients"][name] = [parameter.grad.sum().item(), parameter.grad.norm().item()]
(folder / "unet_plus_plus.json").write_text(json.dumps(golden, indent=1) + "\n")

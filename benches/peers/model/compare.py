"""Times the network beside PyTorch, ONNX Runtime and OpenVINO: the same weights, the same images, two threads.

Called by `cargo xtask peers model`, which makes the environment and builds the Rust side. Blocks of both sides take
turns; peak memory is that of a fresh process that does one thing. With `--device cuda` both sides compute on the GPU,
beside PyTorch alone; images and probabilities lie in the host's memory before and after, on both sides.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import safetensors.torch
import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "crates/qunet-model/python"))
from unet_plus_plus import UnetPlusPlus  # noqa: E402

THREADS = 2
RUNS = 2
DEVICE = "cpu"
# Pairs of blocks; a training step takes seconds.
PAIRS = 3


def network(width):
    """Fresh weights whose statistics have seen some noise, so that folding them matters."""
    torch.manual_seed(0)
    made = UnetPlusPlus(width)
    with torch.no_grad():
        for name, tensor in made.state_dict().items():
            if name.endswith("running_mean"):
                tensor.uniform_(-0.2, 0.2)
            elif name.endswith("running_var"):
                tensor.uniform_(0.5, 1.5)
    return made.eval()


def images(batch, size):
    return torch.rand(batch, 1, size, size, generator=torch.Generator().manual_seed(1))


def eager(made, pixels, last, autocast):
    made = made.to(DEVICE)
    if last:
        made, pixels = made.to(memory_format=torch.channels_last), pixels.to(memory_format=torch.channels_last)

    def run():
        with torch.inference_mode(), torch.autocast(DEVICE, torch.bfloat16, enabled=autocast):
            return np.stack([torch.sigmoid(map.float()).cpu().numpy() for map in made(pixels.to(DEVICE))])

    return run


def exported(made, pixels, folder):
    class Probabilities(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.made = made

        def forward(self, x):
            return tuple(torch.sigmoid(map) for map in self.made(x))

    path = str(Path(folder) / f"network-{pixels.shape[0]}-{pixels.shape[2]}.onnx")
    if not os.path.exists(path):
        torch.onnx.export(Probabilities().eval(), (pixels,), path, dynamo=True, verbose=False)
    return path


def onnx_runtime(made, pixels, folder):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(exported(made, pixels, folder), options)
    feed = {session.get_inputs()[0].name: pixels.numpy()}
    return lambda: np.stack(session.run(None, feed))


def openvino(made, pixels, folder, precision):
    import openvino

    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": THREADS, "INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
    compiled = core.compile_model(exported(made, pixels, folder), "CPU", settings)
    request, given = compiled.create_infer_request(), pixels.numpy()

    def run():
        found = request.infer([given])
        return np.stack([found[place] for place in range(4)])

    return run


def step(made, pixels, last, autocast):
    """A training step: the four heads' Dice and cross-entropy, Adam; no augmentation."""
    made, pixels = made.to(DEVICE), pixels.to(DEVICE)
    if last:
        made, pixels = made.to(memory_format=torch.channels_last), pixels.to(memory_format=torch.channels_last)
    made.train()
    truth = (pixels > 0.9).float()
    optimizer = torch.optim.Adam(made.parameters(), 1e-4)

    def run():
        optimizer.zero_grad()
        with torch.autocast(DEVICE, torch.bfloat16, enabled=autocast):
            maps = made(pixels)
        loss = 0
        for map in maps:
            map = map.float()
            p = torch.sigmoid(map)
            loss = loss - (2 * (p * truth).sum() + 1) / (p.sum() + truth.sum() + 1)
            loss = loss + torch.nn.functional.binary_cross_entropy_with_logits(map, truth)
        loss.backward()
        optimizer.step()
        if DEVICE == "cuda":
            torch.cuda.synchronize()

    return run


PEERS = {
    "PyTorch": lambda made, pixels, folder: eager(made, pixels, False, False),
    "PyTorch channels-last": lambda made, pixels, folder: eager(made, pixels, True, False),
    "PyTorch autocast": lambda made, pixels, folder: eager(made, pixels, True, True),
    "ONNX Runtime": onnx_runtime,
    "OpenVINO": lambda made, pixels, folder: openvino(made, pixels, folder, "f32"),
    "OpenVINO bf16": lambda made, pixels, folder: openvino(made, pixels, folder, "bf16"),
}
STEPS = {
    "PyTorch": lambda made, pixels: step(made, pixels, False, False),
    "PyTorch channels-last": lambda made, pixels: step(made, pixels, True, False),
    "PyTorch autocast": lambda made, pixels: step(made, pixels, True, True),
}
# Ours, beside, ratio to reach, largest difference of any probability.
FORWARD = [
    ("f32", "PyTorch", 1.4, 1e-4),
    ("f32", "PyTorch channels-last", None, 1e-4),
    ("f32", "ONNX Runtime", None, 1e-4),
    ("f32", "OpenVINO", 0.91, 1e-4),
    ("bf16", "PyTorch", 2.5, 5e-2),
    ("bf16", "PyTorch autocast", None, 5e-2),
    ("bf16", "OpenVINO bf16", None, 5e-2),
]
TRAIN = [
    ("f32", "PyTorch", 1.2),
    ("f32", "PyTorch channels-last", None),
    ("bf16", "PyTorch", 2.0),
    ("bf16", "PyTorch autocast", None),
]


class Ours:
    """The Rust side."""

    def __init__(self, program, folder):
        self.program, self.folder = program, Path(folder)
        self.process = self.start()

    def start(self):
        return subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, process, task, precision, batch, size, width, runs, out=None):
        pixels = self.folder / f"images-{batch}-{size}.raw"
        if not pixels.exists():
            images(batch, size).numpy().tofile(pixels)
        weights = self.folder / f"weights-{width}.safetensors"
        if not weights.exists():
            safetensors.torch.save_file(network(width).state_dict(), weights)
        request = {
            "do": task, "weights": str(weights), "images": str(pixels), "batch": batch, "size": size,
            "width": width, "precision": precision, "runs": runs, "threads": THREADS, "out": out and str(out),
        }
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"the Rust side stopped at {request}; its own message is above")
        return json.loads(line)

    def run(self, *asked, **named):
        return self.ask(self.process, *asked, **named)

    def peak(self, task, precision, batch, size, width):
        process = self.start()
        answer = self.ask(process, task, precision, batch, size, width, 3)
        process.stdin.close()
        process.wait()
        return answer["peak_mib"]


def timed(run, runs):
    seconds = []
    for _ in range(runs):
        start = perf_counter()
        run()
        seconds.append(perf_counter() - start)
    return seconds


def turns(ours, peer, pairs):
    """Medians of blocks of both sides in turns; each block's first run is not counted."""
    blocks = []
    for _ in range(pairs):
        blocks.append((median(ours()[1:]), median(timed(peer, RUNS + 1)[1:])))
    ratios = [theirs / mine for mine, theirs in blocks]
    return median(b[0] for b in blocks), median(b[1] for b in blocks), ratios


def row(table, case, precision, batch, size, peer, found, bar):
    mine, theirs, ratios = found
    pixels = batch * size * size
    return {
        "table": table, "case": case, "dtype": precision, "size": f"{batch}x{size}x{size}", "content": "images",
        "threads": THREADS, "ours_ns_px": mine * 1e9 / pixels, "peer": peer, "peer_ns_px": theirs * 1e9 / pixels,
        "ratio": median(ratios), "ratio_min": min(ratios), "ratio_max": max(ratios), "bar": bar,
        "value_ours": None, "value_peer": None, "relative_difference": None, "tolerance": None, "note": None,
        "ours_ms_image": mine * 1e3 / batch, "peer_ms_image": theirs * 1e3 / batch,
    }


def forward_row(ours, folder, precision, peer, bar, tolerance, batch, size, width, pairs):
    made, pixels = network(width), images(batch, size)
    run = PEERS[peer](made, pixels, folder)
    out = Path(folder) / "ours.raw"
    ours.run("forward", precision, batch, size, width, 1, out)
    theirs = run()
    mine = np.fromfile(out, np.float32).reshape(theirs.shape)
    found = turns(lambda: ours.run("forward", precision, batch, size, width, RUNS + 1)["seconds"], run, pairs)
    line = row("Forward, four heads", "U-net++", precision, batch, size, peer, found, bar)
    line.update(value_ours=float(mine.max()), value_peer=float(theirs.max()))
    line.update(relative_difference=float(np.abs(mine - theirs).max()), tolerance=tolerance)
    return line


def train_row(ours, precision, peer, bar, batch, size, width, pairs):
    run = STEPS[peer](network(width), images(batch, size))
    shares = []

    def mine():
        answer = ours.run("train", precision, batch, size, width, RUNS + 1)
        shares.append(answer["data_share"])
        return answer["seconds"]

    line = row("Training step", "U-net++", precision, batch, size, peer, turns(mine, run, pairs), bar)
    return line | {"data_share": median(shares), "note": "not comparable: each draws its own dropout"}


def peer_peak(task, peer, batch, size, width):
    command = [sys.executable, __file__, "--one", task, peer, str(batch), str(size), str(width)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


def one(task, peer, batch, size, width):
    """In a fresh process: does it three times and prints the largest resident set in MiB."""
    torch.set_num_threads(THREADS)
    with tempfile.TemporaryDirectory() as folder:
        made, pixels = network(width), images(batch, size)
        run = PEERS[peer](made, pixels, folder) if task == "forward" else STEPS[peer](made, pixels)
        timed(run, 3)
    status = Path("/proc/self/status").read_text()
    print(int(status.split("VmHWM:")[1].split()[0]) / 1024)


def growth(ours, quick):
    """Ours alone, over batch, size and width; 59.5 GFLOP an image at width 32 and 256 x 256."""
    settings = [(1, 256, 32)] if quick else [(batch, 256, 32) for batch in (1, 4, 16, 64)] if DEVICE == "cuda" else [
        (1, 256, 32), (2, 256, 32), (4, 256, 32), (8, 256, 32), (1, 64, 32), (1, 128, 32), (1, 512, 32),
        (1, 256, 8), (1, 256, 16),
    ]
    lines = []
    for batch, size, width in settings:
        for precision in ("f32", "bf16"):
            seconds = median(ours.run("forward", precision, batch, size, width, 4)["seconds"][1:])
            flop = 59.5 * batch * (size / 256) ** 2 * (width / 32) ** 2
            lines.append({
                "batch": batch, "size": size, "width": width, "precision": precision,
                "ms_image": seconds * 1e3 / batch, "gflop_s": flop / seconds,
            })
    return lines


def machine_peak():
    """GFLOP/s of a matrix product, the most this machine was seen to do."""
    peak = {}
    for name, kind in (("f32", torch.float32), ("bf16", torch.bfloat16)):
        side = 2048 if DEVICE == "cpu" else 8192
        a, b = (torch.rand(side, side).to(DEVICE, kind) for _ in range(2))
        # Reading one element waits for the product.
        peak[name] = 2 * side**3 / min(timed(lambda: (a @ b)[0, 0].item(), 12)) / 1e9
    return peak


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", help="the program that runs the Rust side")
    parser.add_argument("--out", type=Path, help="file for the rows, in JSON")
    parser.add_argument("--rows", default="", help="only rows whose label holds this text")
    parser.add_argument("--quick", action="store_true", help="a small network, few runs")
    parser.add_argument("--one", nargs=5, metavar=("TASK", "PEER", "BATCH", "SIZE", "WIDTH"), help=argparse.SUPPRESS)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where both sides compute")
    options = parser.parse_args()
    global DEVICE, RUNS, PAIRS
    DEVICE = options.device
    if DEVICE == "cuda":
        RUNS, PAIRS = 20, 5
    if options.one:
        task, peer, *numbers = options.one
        return one(task, peer, *map(int, numbers))
    torch.set_num_threads(THREADS)
    batches = [1, 4] if DEVICE == "cpu" else [1, 4, 20]
    size, width, batches, pairs = (64, 8, [1], 1) if options.quick else (256, 32, batches, PAIRS)
    cases = [("forward", b, *row) for b in batches for row in FORWARD]
    cases += [("train", b, *row, None) for b in batches for row in TRAIN]
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(options.server, folder)
        for task, batch, precision, peer, bar, tolerance in cases:
            label = f"{task} {precision} batch {batch} beside {peer}"
            if options.rows not in label or (DEVICE == "cuda" and not peer.startswith("PyTorch")):
                continue
            print(label, file=sys.stderr, flush=True)
            if task == "forward":
                line = forward_row(ours, folder, precision, peer, bar, tolerance, batch, size, width, pairs)
            else:
                line = train_row(ours, precision, peer, bar, batch, size, width, pairs)
            print(f"  {line['ours_ms_image']:.0f} against {line['peer_ms_image']:.0f} ms an image", file=sys.stderr, flush=True)
            if DEVICE == "cpu":
                line["ours_peak_mib"] = ours.peak(task, precision, batch, size, width)
                line["peer_peak_mib"] = peer_peak(task, peer, batch, size, width)
            lines.append(line)
        if not options.rows:
            lines[0]["growth"] = growth(ours, options.quick)
            lines[0]["matrix_product_gflop_s"] = machine_peak()
        if DEVICE == "cuda":
            lines[0]["device"] = torch.cuda.get_device_name()
    options.out.write_text(json.dumps(lines, indent=1) + "\n")


if __name__ == "__main__":
    main()

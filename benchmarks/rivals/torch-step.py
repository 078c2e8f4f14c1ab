"""Time of a training step in PyTorch on the networks of benchmarks/training/step.mjs, beside ours.

    node benchmarks/training/step.mjs > ours.jsonl
    python3 benchmarks/rivals/torch-step.py ours.jsonl

Optional: needs Python with PyTorch. One thread, SGD with momentum, the same shapes. With --interleave both run by turns
(ours, PyTorch, ours, ...), which is what ratios should come from on a machine that does other work as well.
"""
import argparse
import json
import pathlib
import resource
import subprocess
import sys
import time

import torch
from torch import nn


class Residual(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False),
            nn.BatchNorm2d(after),
        )
        same = before == after and stride == 1
        projection = [nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)]
        self.short = nn.Identity() if same else nn.Sequential(*projection)

    def forward(self, x):
        return torch.relu(self.body(x) + self.short(x))


def resnet(stem, widths, blocks):
    layers, before = list(stem), widths[0]
    for i, after in enumerate(widths):
        for n in range(blocks):
            layers.append(Residual(before, after, 2 if n == 0 and i > 0 else 1))
            before = after
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 10))


def resnet20():
    stem = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    return resnet(stem, [16, 32, 64], 3), (32, 3, 32, 32)


def resnet18():
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    return resnet(stem, [64, 128, 256, 512], 2), (8, 3, 64, 64)


def median(values):
    return sorted(values)[len(values) // 2]


def measure(network, count):
    net, shape = {"resnet20": resnet20, "resnet18": resnet18}[network]()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    criterion = nn.CrossEntropyLoss()
    x, y = torch.randn(shape), torch.arange(shape[0]) % 10
    wall, cpu = [], []
    for step in range(count + 2):
        start, before = time.perf_counter(), time.process_time()
        optimizer.zero_grad(set_to_none=True)
        criterion(net(x), y).backward()
        optimizer.step()
        if step >= 2:
            wall.append(1000 * (time.perf_counter() - start))
            cpu.append(1000 * (time.process_time() - before))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"network": network, "wallMs": median(wall), "cpuMs": median(cpu), "peakMiB": peak}


def ours(networks):
    script = pathlib.Path(__file__).parents[1] / "training" / "step.mjs"
    lines = subprocess.run(["node", script, "--networks", networks], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in lines.splitlines()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ours", nargs="?", help="output of benchmarks/training/step.mjs; without it the script is run")
    parser.add_argument("--interleave", type=int, default=1, metavar="ROUNDS")
    parser.add_argument("--steps", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print("| network | ours, CPU ms | PyTorch, CPU ms | ratio | wall ratio | ours, MiB | PyTorch, MiB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for network in ["resnet20", "resnet18"]:
        pairs = []
        for _ in range(options.interleave):
            if options.ours:
                mine = [json.loads(line) for line in open(options.ours)]
            else:
                mine = ours(network)
            mine = next(entry for entry in mine if entry["network"] == network)
            pairs.append((mine, measure(network, options.steps)))
        cpu = [median([pair[i]["cpuMs"] for pair in pairs]) for i in (0, 1)]
        ratio = median([a["cpuMs"] / b["cpuMs"] for a, b in pairs])
        wall = median([a["wallMs"] / b["wallMs"] for a, b in pairs])
        memory = [max(pair[i]["peakMiB"] for pair in pairs) for i in (0, 1)]
        print(f"| {network} | {cpu[0]:.0f} | {cpu[1]:.0f} | {ratio:.2f} | {wall:.2f} | {memory[0]} | {memory[1]} |")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

"""The JEM iteration and WRN steps in PyTorch, channels last: a JSON line in, milliseconds out."""

import json
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
LAST = torch.channels_last
SLOPE = 0.2


def parameter(*shape):
    value = torch.randn(*shape) * (2 / (shape[1] if len(shape) < 4 else shape[1] * shape[2] * shape[3])) ** 0.5
    return (value.to(memory_format=LAST) if len(shape) == 4 else value).requires_grad_()


class Base:
    """The `base` convNet for MNIST: four 3x3 convolutions, strides 1 2 1 2, mean, dense."""

    def __init__(self):
        channels = [1, 32, 64, 64, 128]
        self.filters = [parameter(channels[i + 1], channels[i], 3, 3) for i in range(4)]
        self.biases = [torch.zeros(c, requires_grad=True) for c in channels[1:]]
        self.dense = [parameter(10, 128), torch.zeros(10, requires_grad=True)]
        self.parameters = [*self.filters, *self.biases, *self.dense]
        self.input = torch.randn(64, 1, 28, 28).to(memory_format=LAST)
        self.labels = torch.arange(64) % 10
        self.optimizer = torch.optim.Adam(self.parameters, lr=1e-4)

    def logits(self, x):
        for i, (w, b) in enumerate(zip(self.filters, self.biases)):
            x = F.leaky_relu(F.conv2d(x, w, b, stride=1 + i % 2, padding=1), SLOPE)
        return F.linear(x.mean((2, 3)), *self.dense)

    def iteration(self):
        x = self.input.clone()
        for p in self.parameters:
            p.requires_grad_(False)
        for _ in range(20):
            x = x.detach().requires_grad_()
            g = torch.autograd.grad(self.logits(x).logsumexp(1).sum(), x)[0]
            x = x.detach() + g + 0.01 * torch.randn_like(x)
        for p in self.parameters:
            p.requires_grad_(True)
        self.optimizer.zero_grad()
        f = self.logits(self.input)
        loss = F.cross_entropy(f, self.labels) - (f.logsumexp(1).mean() - self.logits(x).logsumexp(1).mean())
        loss.backward()
        self.optimizer.step()
        return loss.item()


class Wide:
    """A wide residual network without normalisation: depth 10 or 16, width 4, 32x32x3."""

    def __init__(self, depth):
        blocks, channels = (depth - 4) // 6, [16, 64, 128, 256]
        self.stem, self.groups, self.all = parameter(16, 3, 3, 3), [], []
        for i in range(3):
            for j in range(blocks):
                inputs = channels[i] if j == 0 else channels[i + 1]
                outputs = channels[i + 1]
                shortcut = parameter(outputs, inputs, 1, 1) if j == 0 else None
                stride = 2 if i > 0 and j == 0 else 1
                self.groups.append((parameter(outputs, inputs, 3, 3), parameter(outputs, outputs, 3, 3), shortcut, stride))
        self.all = [self.stem] + [w for g in self.groups for w in g[:3] if w is not None]
        self.input = torch.randn(64, 3, 32, 32).to(memory_format=LAST)

    def energy(self, x):
        h = F.conv2d(x, self.stem, padding=1)
        for first, second, shortcut, stride in self.groups:
            p = F.leaky_relu(h, SLOPE)
            inner = F.leaky_relu(F.conv2d(p, first, stride=stride, padding=1), SLOPE)
            h = F.conv2d(inner, second, padding=1) + (h if shortcut is None else F.conv2d(p, shortcut, stride=stride))
        return F.leaky_relu(h, SLOPE).sum() * 1e-3

    def sgld(self):
        for p in self.all:
            p.requires_grad_(False)
        x = self.input.detach().requires_grad_()
        torch.autograd.grad(self.energy(x), x)

    def train(self):
        for p in self.all:
            p.requires_grad_(True)
        torch.autograd.grad(self.energy(self.input), self.all)


models = {}
print("ready", flush=True)
for line in sys.stdin:
    question = json.loads(line)
    name = question["name"]
    if name not in models:
        models[name] = Base() if name == "base" else Wide(int(name))
    body = getattr(models[name], question["step"])
    body()
    times = []
    for _ in range(question["repeats"]):
        start = time.perf_counter()
        body()
        times.append(1e3 * (time.perf_counter() - start))
    print(json.dumps(times), flush=True)

"""Times PyTorch's kernels: a JSON line in, milliseconds out. The better of its two memory layouts counts."""

import json
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)


def timed(body, repeats):
    body()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        body()
        times.append(1e3 * (time.perf_counter() - start))
    return times


def better(candidates):
    return min(candidates, key=lambda times: sorted(times)[len(times) // 2])


def convolution(q, layout):
    batch, size, inputs, outputs, kernel, stride = q["shape"]
    pad = kernel // 2
    x = torch.randn(batch, inputs, size, size).to(memory_format=layout)
    w = torch.randn(outputs, inputs, kernel, kernel).to(memory_format=layout)
    y = F.conv2d(x, w, stride=stride, padding=pad)
    g = torch.randn_like(y)
    mask = {"dx": [True, False, False], "dw": [False, True, False]}
    if q["pass"] == "forward":
        return lambda: F.conv2d(x, w, stride=stride, padding=pad)
    arguments = (g, x, w, None, [stride] * 2, [pad] * 2, [1, 1], False, [0, 0], 1, mask[q["pass"]])
    return lambda: torch.ops.aten.convolution_backward(*arguments)


def body(q, layout):
    if q["kind"] == "conv":
        return convolution(q, layout)
    if q["kind"] == "matmul":
        m, n, k = q["shape"]
        a, b = torch.randn(m, k), torch.randn(k, n)
        return lambda: a @ b
    x, y = torch.randn(*q["shape"]), torch.randn(*q["shape"])
    return {
        "add": lambda: x + y,
        "leakyRelu": lambda: F.leaky_relu(x, 0.2),
        "exp": lambda: torch.exp(x),
        "tanh": lambda: torch.tanh(x),
        "sum": lambda: x.sum(),
        "softmax": lambda: torch.softmax(x, -1),
    }[q["kind"]]


print("ready", flush=True)
with torch.no_grad():
    for line in sys.stdin:
        question = json.loads(line)
        layouts = [torch.contiguous_format]
        if question["kind"] == "conv":
            layouts.append(torch.channels_last)
        print(json.dumps(better([timed(body(question, layout), question["repeats"]) for layout in layouts])), flush=True)

"""Linf PGD and the boundary attack in PyTorch, by foolbox where it is installed and by loops with its rules: a JSON line in, milliseconds out."""

import json
import sys
import time

import torch
import torch.nn.functional as F

try:
    import foolbox
except ImportError:
    foolbox = None

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
SLOPE = 0.2


class Network(torch.nn.Module):
    """The `base` convNet, in a memory format."""

    def __init__(self, weights, layout):
        super().__init__()
        tensors = [torch.tensor(w["data"]).reshape(w["shape"]) for w in weights]
        self.filters = [w.permute(3, 2, 0, 1).contiguous(memory_format=layout) for w in tensors[:-2:2]]
        self.biases = tensors[1:-2:2]
        self.dense = [tensors[-2].T.contiguous(), tensors[-1]]
        self.eval()

    def forward(self, x):
        for i, (w, b) in enumerate(zip(self.filters, self.biases)):
            x = F.leaky_relu(F.conv2d(x, w, b, stride=1 + i % 2, padding=1), SLOPE)
        return F.linear(x.mean((2, 3)), *self.dense)


def pgd(model, x, labels, epsilon=0.3, step=0.01, steps=40):
    at = torch.clamp(x + torch.empty_like(x).uniform_(-epsilon, epsilon), 0, 1)
    for _ in range(steps):
        at.requires_grad_()
        gradient = torch.autograd.grad(F.cross_entropy(model(at), labels, reduction="sum"), at)[0]
        at = at.detach() + step * gradient.sign()
        at = torch.clamp(x + torch.clamp(at - x, -epsilon, epsilon), 0, 1)
    return at


def length(x):
    return x.flatten(1).norm(dim=1)


def boundary(model, x, labels, starts, steps):
    """foolbox's boundary attack, from starts moved towards x on a line of 50 points."""

    def adversarial(candidates):
        with torch.no_grad():
            return model(candidates).argmax(1) != labels

    rows = lambda v: v.reshape(-1, 1, 1, 1)
    best, missing = starts.clone(), torch.ones(len(x), dtype=torch.bool)
    for t in torch.linspace(0, 1, 51):
        candidates = (1 - t) * x + t * starts
        hit = adversarial(candidates) & missing
        best = torch.where(rows(hit), candidates, best)
        missing &= ~hit
        if not missing.any():
            break
    spherical, source = torch.full((len(x),), 0.01), torch.full((len(x),), 0.01)
    on_sphere, taken = [[] for _ in x], [[] for _ in x]
    for step in range(1, steps + 1):
        offset = x - best
        distance = length(offset)
        unit = offset / rows(distance)
        noise = torch.randn_like(x)
        noise = noise - rows((noise * unit).flatten(1).sum(1)) * unit
        noise = noise * rows(spherical * distance / length(noise))
        sphere = torch.clamp(x + (noise - offset) / rows(torch.sqrt(1 + spherical**2)), 0, 1)
        inward = x - sphere
        radius = length(inward)
        move = torch.clamp(source * distance + radius - distance, min=0)
        candidates = torch.clamp(sphere + rows(move / radius) * inward, 0, 1)
        hit = adversarial(candidates)
        if step % 10 == 0:
            for queue, size, values in ((on_sphere, 100, adversarial(sphere)), (taken, 30, hit)):
                for i, value in enumerate(values.tolist()):
                    queue[i] = (queue[i] + [value])[-size:]
        best = torch.where(rows(hit & (length(x - candidates) < distance)), candidates, best)
        if step % 10 == 0:
            for i in range(len(x)):
                if len(on_sphere[i]) == 100:
                    share = sum(on_sphere[i]) / 100
                    factor = 1.5 if share > 0.5 else 1 / 1.5 if share < 0.2 else 1
                    spherical[i] *= factor
                    source[i] *= factor
                    on_sphere[i] = on_sphere[i] if factor == 1 else []
                if len(taken[i]) == 30:
                    share = sum(taken[i]) / 30
                    factor = 1.5 if share > 0.25 else 1 / 1.5 if share < 0.1 else 1
                    source[i] *= factor
                    taken[i] = taken[i] if factor == 1 else []
    return best


def subjects(setup, layout):
    """What is timed, in a memory format."""
    model = Network(setup["weights"], layout)
    images = torch.tensor(setup["x"]).reshape(-1, 1, 28, 28).contiguous(memory_format=layout)
    classes = torch.tensor(setup["classes"])
    chosen, starts, steps = setup["chosen"], images[setup["starting"]], setup["steps"]
    bodies = {
        "pgd": lambda: pgd(model, images, classes),
        "boundary": lambda: boundary(model, images[chosen], classes[chosen], starts, steps),
    }
    if foolbox:
        subject = foolbox.PyTorchModel(model, bounds=(0, 1))
        linf = foolbox.attacks.LinfPGD(abs_stepsize=0.01, steps=40)
        walk = foolbox.attacks.BoundaryAttack(steps=steps)
        bodies["foolbox pgd"] = lambda: linf.run(subject, images, classes, epsilon=0.3)
        bodies["foolbox boundary"] = lambda: walk.run(subject, images[chosen], classes[chosen], starting_points=starts)
    return bodies


def milliseconds(body):
    start = time.perf_counter()
    body()
    return 1e3 * (time.perf_counter() - start)


print("ready", flush=True)
setup = json.loads(sys.stdin.readline())
layouts = [subjects(setup, layout) for layout in (torch.contiguous_format, torch.channels_last)]
faster = {}
print(json.dumps([int(foolbox is not None)]), flush=True)
for line in sys.stdin:
    name = json.loads(line)["name"]
    if name not in faster:
        # Off the clock, at first: the memory format that is faster for this one.
        faster[name] = min(layouts, key=lambda bodies: milliseconds(bodies[name]))
    print(json.dumps([milliseconds(faster[name][name])]), flush=True)

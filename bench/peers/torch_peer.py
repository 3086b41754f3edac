"""PyTorch on the CPU, eager, with torch.optim.Adam. The job is the one argument; OMP_NUM_THREADS and OPENBLAS_NUM_THREADS set the threads."""

import json
import statistics
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

job = json.loads(sys.argv[1])
torch.manual_seed(0)
BATCHES = 8


def values(count, seed, scale=1.0):
    """The numbers of work.mjs."""
    with np.errstate(over="ignore"):
        h = np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(seed * 0x85EBCA6B & 0xFFFFFFFF)
        h = (h ^ (h >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
        h = (h ^ (h >> np.uint32(12))) * np.uint32(0x297A2D39)
    h ^= h >> np.uint32(15)
    return ((h / 2**31 - 1) * scale).astype(np.float32)


def pixels(count):
    return np.floor((values(count, 1000).astype(np.float64) + 1) * 127.99) / 255


def timed(run):
    """Milliseconds of one call, on the clock and on the CPU: medians of three blocks after a warm-up, as in work.mjs."""

    def block(count):
        start, before = time.perf_counter(), time.process_time()
        for _ in range(count):
            run()
        return (time.perf_counter() - start) * 1e3 / count, (time.process_time() - before) * 1e3 / count

    block(1)
    (ms, _), start = block(1), time.perf_counter()
    while time.perf_counter() - start < 0.7:
        ms, _ = block(int(100 / ms) + 1)
    clock, cpu = zip(*(block(int(400 / ms) + 1) for _ in range(3)))
    return {"ms": statistics.median(clock), "cpuMs": statistics.median(cpu)}


class Vae(nn.Module):
    def __init__(self, input, hidden, latent, **_):
        super().__init__()
        self.index = 0
        self.encoder = nn.Sequential(*self.stack([input, *hidden]))
        last = hidden[-1] if hidden else input
        self.mean, self.log_var = self.linear(last, latent), self.linear(last, latent)
        decoder = hidden[::-1]
        self.decoder = nn.Sequential(*self.stack([latent, *decoder]), self.linear(decoder[-1] if decoder else latent, input))

    def linear(self, inputs, outputs):
        layer, scale = nn.Linear(inputs, outputs), inputs**-0.5
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(values(inputs * outputs, 2 * self.index, scale).reshape(inputs, outputs).T.copy()))
            layer.bias.copy_(torch.from_numpy(values(outputs, 2 * self.index + 1, scale)))
        self.index += 1
        return layer

    def stack(self, sizes):
        return [part for inputs, outputs in zip(sizes, sizes[1:]) for part in (self.linear(inputs, outputs), nn.ReLU())]

    def loss(self, x):
        h = self.encoder(x)
        mean, log_var = self.mean(h), self.log_var(h)
        logits = self.decoder(mean + torch.exp(0.5 * log_var) * torch.randn_like(mean))
        nll = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = -0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp())
        return (nll + kl) / len(x)


def train():
    size = job["workload"]["batchSize"], job["workload"]["input"]
    vae = Vae(**job["workload"])
    adam = torch.optim.Adam(vae.parameters(), lr=1e-3)
    batches = list(torch.from_numpy(pixels(BATCHES * size[0] * size[1]).astype(np.float32).reshape(BATCHES, *size)))
    step = 0

    def run():
        nonlocal step
        adam.zero_grad(set_to_none=True)
        loss = vae.loss(batches[step % BATCHES])
        loss.backward()
        adam.step()
        step += 1
        return loss

    check = [run().item()]
    return timed(run), check


def operation(f):
    with torch.inference_mode():
        return timed(f), f().flatten()[:3].tolist()


def decode():
    vae, shape = Vae(**job["workload"]), (job["rows"], job["workload"]["latent"])
    z = torch.from_numpy(values(shape[0] * shape[1], 7).reshape(shape))
    return operation(lambda: torch.sigmoid(vae.decoder(z)))


def matmul():
    M, N, K = job["shape"]
    a, b = torch.from_numpy(values(M * K, 1).reshape(M, K)), torch.from_numpy(values(K * N, 2).reshape(K, N))
    return operation(lambda: torch.mm(a, b))


def blas():
    """What its products run on, as loaded: without OpenBLAS or MKL they are the slow reference loops."""
    try:
        with open("/proc/self/maps") as maps:
            loaded = maps.read()
    except OSError:  # not Linux
        return "unknown BLAS"
    return next((name for name, part in (("OpenBLAS", "openblas"), ("MKL", "libmkl_")) if part in loaded), "reference BLAS")


timing, check = {"train": train, "decode": decode, "matmul": matmul}[job["mode"]]()
print(json.dumps({"version": f"{torch.__version__} ({blas()})", **timing, "check": check}))

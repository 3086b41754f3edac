/** The cores of matrix products on webgpu: each is right at every edge of its tiles, whichever one the adapter would get. */
import { describe, expect, test } from "vitest";
import { grad } from "../../../src/autodiff.ts";
import { batchOf, dataset } from "../../../src/data/dataset.ts";
import { CpuDevice } from "../../../src/device/cpu.ts";
import type { Device } from "../../../src/device/device.ts";
import { openDevice } from "../../../src/device/open.ts";
import { composeShader, locate } from "../../../src/device/webgpu/compose.ts";
import { coreFor, type CoreName, cores, coverGrid } from "../../../src/device/webgpu/cores.ts";
import { texts } from "../../../src/device/webgpu/texts.ts";
import * as oracle from "../../../src/lab/oracle/tensors.ts";
import { matmul } from "../../../src/ops/matmul.ts";
import * as shaders from "../../../src/shaders.ts";
import { tensor } from "../../../src/tensor.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { gaussian } from "../../../src/vae/likelihoods/gaussian.ts";
import type { Likelihood } from "../../../src/vae/likelihoods/likelihood.ts";
import { elbo } from "../../../src/vae/objectives/elbo.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { expectOp, expectValues, normals } from "../../support/conformance.ts";
import { coresHere } from "../../support/raw_webgpu.ts";

/** One below, at and above what a tile, a vec4 and a slab of k hold, and enough tiles for the larger ones of hardware. */
const sizes: readonly (readonly [M: number, K: number, N: number])[] = [
  [1, 1, 1],
  [1, 37, 130],
  [130, 5, 1],
  [15, 31, 33],
  [17, 32, 31],
  [16, 33, 127],
  [65, 66, 129],
  [509, 3, 508],
];

const available = await coresHere();

for (const core of available) {
  describe(`the core ${core}`, async () => {
    const device = await openDevice("webgpu", { core });

    test.each(sizes)("multiplies %i×%i×%i, and gives both gradients", async (M, K, N) => {
      const [a, b, dy] = [normals(1, [M, K]), normals(2, [K, N]), normals(3, [M, N])];
      await expectOp(device, (s, t) => matmul(s, t), [a, b], dy, { y: oracle.matmul(a, b), gradients: oracle.matmulGradients(a, b, dy) });
    });

    test("keeps what NaN and infinities do to their own row and column, at the edges too", async () => {
      const [M, K, N] = [18, 5, 35];
      const [a, b] = [Float64Array.from(normals(1, [M, K]).data), Float64Array.from(normals(2, [K, N]).data)];
      a[K - 1] = NaN;
      a[M * K - 1] = Infinity;
      b[K * N - 1] = Infinity;
      const c = matmul(tensor(device, a, [M, K]), tensor(device, b, [K, N]));
      await expectValues("product", c, oracle.matmul({ shape: [M, K], data: a }, { shape: [K, N], data: b }));
    });

    // In software, 65,537 workgroups of 256 with barriers take minutes. The way from a workgroup to its tile is lib/gemm's, the same for all cores.
    test.skipIf(core === "workgroup" && /swiftshader|llvmpipe/i.test(device.info.adapter))(
      "covers C with more workgroups than one dimension holds",
      async () => {
        const M = 65_536 * cores[core].tile(2 ** 30, 1)[0] + 1;
        const column = tensor(
          device,
          Float32Array.from({ length: M }, (_, m) => m % 251),
          [M, 1],
        );
        const values = await matmul(column, tensor(device, [2], [1, 1])).read();
        expect(values.findIndex((value, m) => value !== 2 * (m % 251))).toBe(-1);
      },
    );

    test.each([bernoulli(), gaussian({ variance: 0.5 })])(
      "makes a VAE's losses and gradients what they are in f64, with $name",
      async (likelihood) => {
        const want = await lossAndGradients(new CpuDevice({ precision: "f64" }), likelihood);
        const got = await lossAndGradients(device, likelihood);
        for (const [name, values] of want) expect(relativeError(got.get(name)!, values), name).toBeLessThanOrEqual(1e-6);
        expect(await lossAndGradients(device, likelihood), "a second run").toEqual(got);
      },
    );

    test("closes", () => device.close());
  });
}

/** The loss of each row and the gradient of each tensor of a VAE whose sizes are no multiples of any tile's, on bytes picked by index. */
async function lossAndGradients(device: Device, likelihood: Likelihood): Promise<Map<string, Float64Array>> {
  const [rows, columns] = [70, 131];
  const bytes = Uint8Array.from({ length: rows * columns }, (_, i) => (i * 91) % 256);
  const data = dataset(device, bytes, { columns, scale: 1 / 255 });
  const index = tensor(
    device,
    Uint32Array.from({ length: rows }, (_, i) => (i * 3) % rows),
    [rows],
    "u32",
  );
  const vae = new Vae(device, { input: columns, hidden: [67], latent: 35, likelihood, seed: 0 });
  const noise = tensor(device, Float64Array.from(normals(7, [rows - 1, 35]).data), [rows - 1, 35]);
  const { objective, reconstruction, kl } = elbo(vae, batchOf(data, rows - 1, 1, index.slice), { noise });
  const names = [...vae.parameters.tensors.keys()];
  const gradients = grad(objective, [...vae.parameters.tensors.values()]);
  const result = new Map<string, Float64Array>();
  for (const [name, losses] of Object.entries({ objective, reconstruction, kl })) result.set(name, Float64Array.from(await losses.read()));
  for (const [i, name] of names.entries()) result.set(name, Float64Array.from(await gradients[i]!.read()));
  vae.dispose();
  return result;
}

/** ‖got − want‖/‖want‖. */
function relativeError(got: Float64Array, want: Float64Array): number {
  const norm = (x: Float64Array): number => Math.hypot(...x);
  return norm(want.map((value, i) => value - got[i]!)) / norm(want);
}

test("a software adapter gets the quad core if it has subgroups, else registers; hardware gets workgroup memory", () => {
  expect(coreFor(true, true).name).toBe("quad");
  expect(coreFor(true, false).name).toBe("registers");
  expect(coreFor(false, true).name).toBe("workgroup");
});

test("the grid covers every tile, and is folded where one dimension cannot hold it", () => {
  expect(coverGrid(cores.quad, [17, 33])).toEqual([4, 1]);
  expect(coverGrid(cores.workgroup, [128, 400])).toEqual([52, 1]);
  expect(coverGrid(cores.workgroup, [512, 512])).toEqual([64, 1]);
  const [x, y] = coverGrid(cores.registers, [8 * 65536, 129]);
  expect(x).toBeLessThanOrEqual(65535);
  expect(x * y).toBeGreaterThanOrEqual(2 * 65536);
});

test("lines of a shader composed with a core are traced back to the core's file", () => {
  const text = composeShader(shaders.matmul, cores.quad).split("\n");
  const line = text.findIndex((words) => words.includes("quadBroadcast(shared_a")) + 1;
  const at = locate(shaders.matmul, line, cores.quad);
  expect(at.file).toBe("lib/gemm_quad.wgsl");
  expect(texts["lib/gemm_quad"]!.split("\n")[at.line - 1]).toBe(text[line - 1]);
});

test.runIf(available.length > 0)("opening a device names its core, and refuses one that does not exist", async () => {
  const device = await openDevice("webgpu");
  expect(device.info.adapter).toMatch(/, gemm core (quad|registers|workgroup)$/);
  await device.close();
  await expect(openDevice("webgpu", { core: "tensor" as CoreName })).rejects.toThrow(
    'openDevice: core is quad, registers, workgroup or your own, got "tensor"',
  );
});

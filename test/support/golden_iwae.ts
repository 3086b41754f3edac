/** The golden VAEs that have importance-weighted bounds (golden/README.md): the bounds, their gradients, and the doubly reparameterised ones. */
import { grad } from "../../src/autodiff.ts";
import type { Device } from "../../src/device/device.ts";
import type { Agreement } from "../../src/lab/verify/agreement.ts";
import { type GoldenCase, type GoldenTensor, numbers, parseGolden } from "../../src/lab/verify/golden.ts";
import { type GoldenVae, vaeTolerance } from "../../src/lab/verify/golden_vae.ts";
import { build, named } from "../../src/lab/verify/vaes.ts";
import { type Tensor, tensor } from "../../src/tensor.ts";
import { dregObjective, iwaeObjective } from "../../src/vae/objectives/iwae_objective.ts";
import type { Objective } from "../../src/vae/objectives/objective.ts";

interface Iwae5 {
  readonly bound: GoldenTensor;
  readonly objective: number;
  readonly grads: GoldenVae["params"];
  /** Of the encoder's parameters alone. */
  readonly dreg_encoder_grads: GoldenVae["params"];
}

type GoldenIwae = GoldenVae & { readonly noise_iwae: GoldenTensor; readonly expected: { readonly iwae5: Iwae5 } };

/** The cases of vae_golden.json that have bounds of five samples. */
export function iwaeCases(text: string): GoldenCase[] {
  const { cases } = parseGolden<{ cases: readonly (GoldenVae & { readonly noise_iwae: GoldenTensor | null })[] }>("vae_golden.json", text, "cases");
  return cases
    .filter((c): c is GoldenIwae => c.noise_iwae !== null)
    .map((c) => ({ id: `${c.id}_iwae5`, of: "iwae5", run: (device) => runIwae(device, c) }));
}

async function runIwae(device: Device, c: GoldenIwae): Promise<Agreement[]> {
  const { bound, objective, grads, dreg_encoder_grads: encoder } = c.expected.iwae5;
  // the estimator changes the encoder's gradient alone
  const [iwae, dreg] = [named(grads), new Map([...named(grads), ...named(encoder)])];
  const [samples = 1, B = 1, L = 1] = c.noise_iwae.shape;
  const vae = build(device, c);
  const parameters = [...vae.parameters.tensors];
  const pass = ({ loss }: Objective): { bound: Tensor; objective: Tensor; gradients: Tensor[] } => {
    const result = loss(vae, tensor(device, numbers(c.x), c.x.shape), { noise: tensor(device, numbers(c.noise_iwae), [samples * B, L]) });
    const wrt = parameters.map(([, t]) => t);
    return { bound: result.negBound!, objective: result.objective, gradients: grad(result.objective, wrt) };
  };
  const compared = async (what: string, got: Tensor, want: Float64Array, of: string): Promise<Agreement> => {
    const values = await got.read();
    return { what, got: values, want, tolerance: vaeTolerance(device, want, c.torch_float32_max_abs_dev[of]!) };
  };
  try {
    const comparisons: Agreement[] = [];
    for (const [name, estimator, wanted, of] of [
      ["iwae", iwaeObjective({ samples }), iwae, "iwae5_grads"],
      ["dreg", dregObjective({ samples }), dreg, "dreg"],
    ] as const) {
      const got = device.scope(() => pass(estimator));
      comparisons.push(
        await compared(
          `${name}: bound`,
          got.bound,
          numbers(bound).map((value) => -value),
          "iwae5_bound",
        ),
      );
      comparisons.push(await compared(`${name}: objective`, got.objective, Float64Array.of(objective), "iwae5_bound"));
      for (const [i, [parameter]] of parameters.entries()) {
        comparisons.push(await compared(`${name}: gradient of ${parameter}`, got.gradients[i]!, wanted.get(parameter)!.values, of));
      }
      [got.bound, got.objective, ...got.gradients].forEach((t) => t.dispose());
    }
    return comparisons;
  } finally {
    vae.dispose();
  }
}

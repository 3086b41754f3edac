/**
 * Reverse-mode differentiation. The graph is held by the tensors: an op calls `record` on what it made, and `grad` walks back from a result.
 * There is no tape. Gradients live in a map local to the walk; each is written into a Sink.
 */
import { ANY, ARRAY, checkOptions, type Checks, checkValue, FUNCTION, shown } from "./check.ts";
import type { Launch } from "./device/device.ts";
import { accumulate, fill, full } from "./fill.ts";
import { sameShape, show } from "./shape.ts";
import { alias, check, checkAny, empty, type GraphNode, Tensor } from "./tensor.ts";

/**
 * Computes the gradients of a node's inputs from those of its outputs (`null` where an output was not used). `want[i]` is null where nobody
 * wants the gradient of input i: it must not be computed. `defer` takes work whose results nobody reads before the end of the walk.
 */
export type Backward = (cotangents: readonly (Tensor | null)[], want: readonly (Sink | null)[], defer: (launch: Launch) => void) => void;

interface Node extends GraphNode {
  readonly backward: Backward;
}

/** Where a kernel writes a gradient: overwrite for 0, add for 1. */
export interface Destination {
  readonly target: Tensor;
  readonly accumulate: 0 | 1;
}

/** Collects the gradient of one tensor: the first contribution overwrites, later ones add, in the order of the graph. */
export class Sink {
  readonly #like: Tensor;
  readonly #settle: () => void;
  readonly #fixed: Tensor | undefined;
  #value: Tensor | undefined;
  /** True while `#value` is ours alone, so that adding in place changes nobody else's values. */
  #owned = false;
  #deferred = false;

  constructor(like: Tensor, into: Tensor | undefined, settle: () => void) {
    this.#like = like;
    this.#fixed = into;
    this.#settle = settle;
  }

  /** The gradient so far. */
  get value(): Tensor | undefined {
    this.#settleOwn();
    return this.#value;
  }

  /** Claims the destination for a kernel that writes the gradient itself; `deferred` if the launch goes through `defer`. */
  write(deferred: "deferred" | "now" = "now"): Destination {
    if (deferred === "now") this.#settleOwn();
    else this.#deferred = true;
    if (this.#value === undefined) {
      this.#own(this.#fixed ?? empty(this.#like.device, this.#like.shape));
      return { target: this.#value!, accumulate: 0 };
    }
    if (!this.#owned) this.#own(copyOf(this.#value));
    return { target: this.#value, accumulate: 1 };
  }

  /** Adds a gradient that ops have computed; the first one is kept as it is, without a copy. */
  give(gradient: Tensor): void {
    if (!sameShape(gradient.shape, this.#like.shape)) {
      throw new RangeError(
        `grad: a gradient has shape ${show(gradient.shape)} and its tensor ${show(this.#like.shape)} (the op's backward is wrong)`,
      );
    }
    if (this.#value === undefined && this.#fixed === undefined) {
      this.#value = gradient;
      return;
    }
    const { target, accumulate: adding } = this.write();
    if (adding) target.device.run(accumulate, [gradient.slice], [target.slice], { n: target.size });
    else target.device.copy(gradient.slice, target.slice);
  }

  #own(value: Tensor): void {
    this.#value = value;
    this.#owned = true;
  }

  #settleOwn(): void {
    if (this.#deferred) this.#settle();
    this.#deferred = false;
  }
}

function copyOf(t: Tensor): Tensor {
  const copy = empty(t.device, t.shape);
  t.device.copy(t.slice, copy.slice);
  return copy;
}

/** Above zero while a walk runs: what ops compute then is a gradient, which cannot be differentiated again. */
let walking = 0;

/** Makes `outputs` one node of the graph, computed from `inputs`. Constants only give constants: nothing is recorded. */
export function record(outputs: readonly Tensor[], inputs: readonly Tensor[], backward: Backward): void {
  if (!Array.isArray(outputs)) checkValue("record", "outputs", outputs, ARRAY);
  if (!Array.isArray(inputs)) checkValue("record", "inputs", inputs, ARRAY);
  if (typeof backward !== "function") checkValue("record", "backward", backward, FUNCTION);
  const node: Node = { inputs, outputs, backward: walking > 0 ? refuseSecondOrder : backward };
  if (anyTracked(...outputs)) outputs.forEach((t, index) => (t.origin = { node, index }));
}

/** True if any of the tensors is tracked, so that their result should be. */
export function anyTracked(...inputs: readonly Tensor[]): boolean {
  return inputs.some((t) => {
    if (!(t instanceof Tensor)) throw new TypeError(`anyTracked: inputs are tensors, got ${shown(t)}`);
    return t.tracked;
  });
}

function refuseSecondOrder(): never {
  throw new TypeError("grad: a gradient cannot be differentiated again (second order is not supported; use stopGradient on it)");
}

/** The same values as a constant: no gradient flows back through it. */
export function stopGradient(x: Tensor): Tensor {
  checkAny("stopGradient", "x", x);
  return alias(x, x.shape, { tracked: false });
}

/** Where a walk begins and where its results go. */
export interface GradOptions {
  /** The gradient to start from, of y's shape; needed unless y has one element. */
  readonly cotangent?: Tensor;
  /** Where the gradients are written, one for each of `wrt`; without it they are new tensors. */
  readonly into?: readonly Tensor[];
}

/**
 * The gradients of `y` with respect to each tensor of `wrt`: for y of one element dy/dw, else the product of the cotangent with the Jacobian.
 * A tensor that y does not depend on gets zeros.
 */
export function grad(y: Tensor, wrt: readonly Tensor[], options: GradOptions = {}): Tensor[] {
  checkArguments(y, wrt, options);
  return y.device.scope(() => {
    walking++;
    try {
      return walk(y, wrt, options);
    } finally {
      walking--;
    }
  });
}

const OPTIONS: Checks<keyof GradOptions> = { cotangent: ANY, into: ARRAY };

function checkArguments(y: Tensor, wrt: readonly Tensor[], options: GradOptions): void {
  checkValue("grad", "wrt", wrt, ARRAY);
  checkOptions("grad", options, OPTIONS);
  const { cotangent, into } = options;
  check("grad", { y, ...(cotangent !== undefined && { cotangent }) });
  if (!cotangent && y.size !== 1) throw new RangeError(`grad: y has one element, got shape ${show(y.shape)} (reduce it, or pass a cotangent)`);
  if (cotangent && !sameShape(cotangent.shape, y.shape)) {
    throw new RangeError(`grad: the cotangent has y's shape ${show(y.shape)}, got ${show(cotangent.shape)}`);
  }
  if (into && into.length !== wrt.length) throw new RangeError(`grad: into has one tensor for each of wrt (${wrt.length}), got ${into.length}`);
  [...wrt, ...(into ?? [])].forEach((t, i) => {
    if (!(t instanceof Tensor)) throw new TypeError(`grad: ${i < wrt.length ? "wrt" : "into"} holds tensors, got ${shown(t)}`);
  });
  wrt.forEach((t, i) => {
    if (!t.tracked) throw new TypeError(`grad: wrt[${i}] is a constant (frozen, stopGradient, or not f32)`);
    if (t.freed !== undefined) throw new TypeError(`grad: wrt[${i}] ${t.freed}`);
    const target = into?.[i];
    if (target && !sameShape(target.shape, t.shape)) {
      throw new RangeError(`grad: into[${i}] has the shape of wrt[${i}], ${show(t.shape)}, got ${show(target.shape)}`);
    }
  });
}

function walk(y: Tensor, wrt: readonly Tensor[], { cotangent, into }: GradOptions): Tensor[] {
  const device = y.device;
  const wanted = new Map(wrt.map((t, i) => [t, into?.[i]]));
  const { order, needed } = nodesBetween(y, wanted);

  let deferred: Launch[] = [];
  const settle = (): void => {
    const launches = deferred;
    deferred = [];
    device.runGroup(launches);
  };
  const sinks = new Map<Tensor, Sink>();
  const sinkOf = (t: Tensor): Sink => {
    let sink = sinks.get(t);
    if (sink === undefined) sinks.set(t, (sink = new Sink(t, wanted.get(t), settle)));
    return sink;
  };

  if (wanted.has(y) || (y.origin && needed.has(y.origin.node))) sinkOf(y).give(cotangent ?? full(device, y.shape, 1));
  for (const node of order) {
    const cotangents = node.outputs.map((t) => sinks.get(t)?.value ?? null);
    if (cotangents.every((c) => c === null)) continue;
    const want = node.inputs.map((t) => (wanted.has(t) || (t.origin && needed.has(t.origin.node)) ? sinkOf(t) : null));
    node.backward(cotangents, want, (launch) => deferred.push(launch));
    for (const t of node.outputs) if (!wanted.has(t)) sinks.delete(t);
  }
  settle();
  return wrt.map((t, i) => finished(y, t, sinks.get(t)?.value, into?.[i]));
}

/** A result of the walk: zeros if nothing reached it; marked, unless the caller owns it, so that differentiating it again is an error. */
function finished(y: Tensor, of: Tensor, value: Tensor | undefined, into: Tensor | undefined): Tensor {
  if (into) {
    if (value === undefined) into.device.run(fill, [], [into.slice], { n: into.size, value: 0 });
    return into;
  }
  const result = alias(value ?? full(of.device, of.shape, 0), of.shape);
  record([result], [y], refuseSecondOrder);
  return result;
}

/**
 * The nodes on a path from a tensor of `wanted` to y, in the order in which a walk visits them (a node after everything that uses it). Iterative:
 * a graph may be deeper than the call stack.
 */
function nodesBetween(y: Tensor, wanted: ReadonlyMap<Tensor, unknown>): { order: Node[]; needed: Set<GraphNode> } {
  const order: Node[] = [];
  const needed = new Set<GraphNode>();
  const seen = new Set<GraphNode>();
  const stack: { node: Node; next: number }[] = [];
  const enter = (t: Tensor): void => {
    const node = t.origin?.node as Node | undefined;
    if (node === undefined || seen.has(node)) return;
    seen.add(node);
    stack.push({ node, next: 0 });
  };
  enter(y);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const input = top.node.inputs[top.next++];
    if (input !== undefined) {
      enter(input);
      continue;
    }
    stack.pop();
    const reaches = (t: Tensor): boolean => wanted.has(t) || (t.origin !== undefined && needed.has(t.origin.node));
    if (!top.node.inputs.some(reaches)) continue;
    needed.add(top.node);
    order.push(top.node);
  }
  return { order: order.reverse(), needed };
}

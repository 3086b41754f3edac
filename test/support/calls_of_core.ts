/** A right call of every export of the core. */
import * as e from "../../src/index.ts";
import { Bag, type Call } from "./wrong_calls.ts";

/** What runs inside of kernels, once for each number, row or workgroup: it checks nothing, and cannot afford to. */
export const INNER_LOOPS: readonly string[] = ["foldedGrid", "linearGrid", "philox", "rowLoader", "rowLoss", "uniformOf"];

/** The calls by the names of what is called; `Vae.sample` is a method. */
export async function callsOfCore(device: e.Device): Promise<Record<string, Call>> {
  const { tensor, key } = e;
  const x = (): e.Tensor => tensor(device, [0.5, 1, 0.25, 0], [2, 2]);
  const vector = (): e.Tensor => tensor(device, [0.5, 1], [2]);
  const indices = (): e.Tensor => tensor(device, [0, 1], [2], "u32");
  const config = { input: 2, hidden: [3], latent: 1, likelihood: e.bernoulli(), seed: 0 };
  const vae = new e.Vae(device, config);
  const conditional = new e.Vae(device, { ...config, classes: 2 });
  const data = e.dataset(device, [0, 1, 1, 0, 1, 1, 0, 0], { columns: 2 });
  const training = { epochs: 1, batchSize: 2, seed: 0 };
  const trainer = new e.Trainer(vae, data, training);
  const parameters = vae.parameters;
  const file = await e.save(vae);
  const decoder = await vae.decoder();
  const layer = (): e.OutputLayer => e.outputLayer("own", x(), x(), vector(), x());
  let checkpoint: e.Checkpoint | undefined;
  const kept = { ...training, checkpointEvery: 1, onCheckpoint: (made: e.Checkpoint) => Promise.resolve(void (checkpoint = made)) };
  const run = e.train(new e.Vae(device, config), data, kept);
  await run.next();
  await run.return();
  const elboBag = new Bag({ noise: key(0) }, "beta", "samples", "weights", "parameters");
  const unary = Object.fromEntries(
    Object.entries(e).flatMap(([name, op]) => (typeof op === "function" && "row" in op ? [[name, { args: [x()] }]] : [])),
  );
  const binary = ["add", "sub", "mul", "div", "pow", "maximum", "minimum", "logAddExp", "bernoulliNll", "gaussianKl"];
  const reductions = ["sum", "max", "mean", "logSumExp"];
  const optimizers = {
    adam: ["beta1", "beta2", "epsilon", "weightDecay"],
    sgd: ["momentum", "nesterov", "weightDecay"],
    rmsprop: ["alpha", "epsilon", "weightDecay"],
  };
  const trainBag = new Bag(
    training,
    ...[
      "optimizer",
      "learningRate",
      "beta",
      "objective",
      "clip",
      "binarise",
      "capture",
      "validation",
      "earlyStopping",
      "signal",
      "onProgress",
      "onCompile",
    ],
    ...["checkpointEvery", "checkpointSeconds", "onCheckpoint", "resume", "settings"],
  );
  return {
    openDevice: { args: ["cpu", new Bag({ precision: "f32" }, "threads", "maxMemory", "relaxed", "clock", "core", "replace")], run: opened },
    ...unary,
    clamp: { args: [x(), 0, 1] },
    leakyRelu: { args: [x(), 0.1] },
    elu: { args: [x(), 1] },
    ...Object.fromEntries(binary.map((name) => [name, { args: [x(), x()] }])),
    ...Object.fromEntries(reductions.map((name) => [name, { args: [x(), [0], true] }])),
    ...Object.fromEntries(Object.entries(optimizers).map(([name, others]) => [name, { args: [new Bag({ learningRate: 1 }, ...others)] }])),
    adamW: { args: [new Bag({ learningRate: 1 }, ...optimizers.adam)] },
    Adam: { args: [parameters, new Bag({ learningRate: 1 }, ...optimizers.adam)] },
    FlatOptimizer: { args: [parameters, {}], run: (p: e.Parameters) => e.sgd()(p) },
    "FlatOptimizer.at": { args: [1, 1], run: (t: number, rate: number) => e.sgd()(parameters).at(t, rate) },
    "FlatOptimizer.step": { args: [1], run: (rate: number) => e.sgd()(parameters).step(rate) },
    CollapseWatch: { args: [] },
    "CollapseWatch.add": { args: [1, e.collapseOf([])], run: (epoch: number, c: e.Collapse) => new e.CollapseWatch().add(epoch, c) },
    Decoder: { args: [new Bag({ precision: "f32" })], run: (o: e.DecoderOptions) => vae.decoder(o) },
    "Decoder.decode": { args: [tensor(device, [0], [1, 1])], run: (z: e.Tensor) => decoder.decode(z) },
    "Decoder.sample": { args: [1, key(0), new Bag({}, "draw", "label")], run: decoder.sample.bind(decoder) },
    "Decoder.decodeLatents": { args: [[0], new Bag({}, "label")], run: decoder.decodeLatents.bind(decoder) },
    EarlyStopping: { args: [new Bag({ patience: 1 }, "minDelta")] },
    "EarlyStopping.update": { args: [1], run: (loss: number) => new e.EarlyStopping({ patience: 1 }).update(loss) },
    "EarlyStopping.restore": {
      args: [new Bag({ best: 1, waited: 0 })],
      run: (s: e.EarlyStoppingState) => new e.EarlyStopping({ patience: 1 }).restore(s),
    },
    DeviceLostError: { args: [], run: nothing },
    FormatError: { args: [], run: nothing },
    NonFiniteError: { args: [], run: nothing },
    UnitsError: { args: [], run: nothing },
    oddText: { args: [new Bag({ kind: "far", columns: [0], about: "values" }, "farthest")] },
    readSafetensors: { args: [file, "name"] },
    restoreStateDict: { args: [vae, await e.stateDict(vae)] },
    writeSafetensors: { args: [new Map([["a", { shape: [1], data: new Float32Array(1) }]]), new Map()] },
    Parameters: { args: [device, [{ name: "a", shape: [1], values: [0] }]] },
    "Parameters of a spec": {
      args: [new Bag({ name: "a", shape: [1], values: [0] })],
      run: (spec: e.ParameterSpec) => new e.Parameters(device, [spec]),
    },
    Slice: { args: [0, 1], run: (offset: number, length: number) => device.alloc("f32", 4).view(offset, length) },
    Tensor: { args: [device, "f32", [1], device.alloc("f32", 1), new Bag({}, "tracked", "uniform")] },
    Trainer: { args: [vae, data, trainBag] },
    "Trainer.steps": { args: [1], run: trainer.steps.bind(trainer) },
    Vae: { args: [device, new Bag(config, "classes", "prior", "activation", "decoderHidden", "decoderActivation", "init")] },
    "Vae.encode": { args: [x(), key(0), new Bag({}, "samples")], run: vae.encode.bind(vae) },
    "Vae.nll": { args: [tensor(device, [0, 0], [2, 1]), x()], run: vae.nll.bind(vae) },
    "Vae.decode": { args: [tensor(device, [0], [1, 1])], run: (z: e.Tensor) => vae.decode(z) },
    "Vae.sample": { args: [1, key(0), new Bag({}, "draw", "label")], run: (n: number, k: e.Key, o: e.SampleOptions) => vae.sample(n, k, o) },
    "Vae.sample of a class": {
      args: [1, key(0), new Bag({ label: 0 }, "draw")],
      run: (n: number, k: e.Key, o: e.SampleOptions) => conditional.sample(n, k, o),
    },
    "Vae.reconstruct": { args: [data, 1], run: vae.reconstruct.bind(vae) },
    "Vae.posterior": { args: [data], run: vae.posterior.bind(vae) },
    "Vae.decodeLatents": { args: [[0], new Bag({}, "label")], run: (z: number[], o: e.LabelOptions) => vae.decodeLatents(z, o) },
    anyTracked: { args: [x()] },
    baselines: { args: [data, data, new Bag({ likelihood: e.bernoulli(), latent: 1 }, "signal")] },
    batchOf: { args: [data, 1, 0, null] },
    bernoulli: { args: [] },
    binarise: { args: [x(), key(0)] },
    broadcastTo: { args: [x(), [2, 2]] },
    caution: { args: ["grey", new Bag({ likelihood: "bernoulli" }, "binarise")] },
    clipByNorm: { args: [parameters, 1] },
    clipByValue: { args: [parameters, 1] },
    collapse: { args: [vae, data] },
    collapseOf: { args: [[{ kl: 1, varianceOfMean: 1 }], true] },
    columnMeans: { args: [[1, 2], 2, 1] },
    composedNll: { args: [x(), x(), vector(), x(), e.bernoulliNll] },
    concat: { args: [[x(), x()], 0] },
    conditionalDense: { args: [x(), x(), vector(), x(), indices(), new Bag({}, "activation")] },
    constant: { args: [1] },
    continuousBernoulli: { args: [] },
    continuousBernoulliQuantile: { args: [x(), x()] },
    cosine: { args: [1, new Bag({}, "floor")] },
    cyclical: { args: [1, new Bag({}, "cycles", "ramp")] },
    dataset: { args: [device, [0, 1], new Bag({ columns: 1 }, "scale", "shift", "labels")] },
    decodeCheckpoint: { args: [e.encodeCheckpoint(checkpoint!), "name"] },
    dense: { args: [x(), x(), vector(), new Bag({}, "activation")] },
    denseBernoulliNll: { args: [x(), x(), vector(), x()] },
    denseGaussianNll: { args: [x(), x(), vector(), 0, x()] },
    dregObjective: { args: [new Bag({ samples: 1 })] },
    elbo: { args: [vae, x(), elboBag] },
    elboObjective: { args: [new Bag({}, "samples", "kl", "freeBits", "capacity")] },
    "Objective.loss": { args: [vae, x(), new Bag({ noise: key(0) }, "scalars", "parameters")], run: e.elboObjective().loss },
    empty: { args: [device, [1], "f32", new Bag({}, "tracked", "uniform")] },
    encodeCheckpoint: { args: [checkpoint] },
    estimateNll: { args: [vae, data, new Bag({ samples: 1 }, "seed", "batchSize", "signal")] },
    evaluate: { args: [vae, data, new Bag({}, "seed", "batchSize", "nllSamples", "scaling", "signal")] },
    fitPpca: { args: [data, 1, new AbortController().signal] },
    fitScaling: { args: ["unit", [0, 1], 1] },
    full: { args: [device, [1], 1, new Bag({}, "tracked")] },
    gatherRows: { args: [x(), indices()] },
    gaussian: { args: [new Bag({ variance: 1 })] },
    gaussianHead: { args: [new Bag({ floor: 1 })] },
    gaussianKlBetween: { args: [x(), x(), x(), x()] },
    gaussianLearned: { args: [new Bag({ floor: 1 })] },
    gaussianNll: { args: [x(), x(), x()] },
    glorot: { args: [1, 1, key(0)] },
    grad: {
      args: [e.sum(e.square(parameters.tensors.get("output.bias")!)), [parameters.tensors.get("output.bias")], new Bag({}, "cotangent", "into")],
    },
    he: { args: [1, 1, key(0)] },
    heads: { args: [x(), x(), vector(), key(0), new Bag({}, "samples")] },
    importanceBound: { args: [vector(), vector(), 1] },
    iwaeMnistTraining: { args: [] },
    iwaeMnistVae: { args: [device, [0.5], 0] },
    iwaeObjective: { args: [new Bag({ samples: 1 })] },
    key: { args: [0] },
    "Key.fold": { args: [0], run: key(0).fold.bind(key(0)) },
    likelihoodNamed: { args: ["gaussian", new Bag({ variance: 1 })] },
    linear: { args: [1, 1, key(0)] },
    load: { args: [device, file, new Bag({ file: "name" }, "likelihoods", "priors")] },
    logSoftmax: { args: [x(), 0] },
    matmul: { args: [x(), x(), new Bag({}, "transposeA", "transposeB")] },
    mixture: { args: [new Bag({ components: 1 })] },
    normal: { args: [device, [1], key(0)] },
    ones: { args: [device, [1]] },
    outputLayer: { args: ["own", x(), x(), vector(), x(), {}] },
    permutation: { args: [key(0), 3] },
    priorNamed: { args: ["mixture", new Bag({ components: 1 })] },
    proposeLikelihood: { args: [[0, 1], 1, new Bag({}, "image")] },
    randomBits: { args: [device, [1], key(0)] },
    record: { args: [[x()], [x()], () => undefined] },
    recordOutput: { args: [layer(), x(), x(), vector(), []] },
    reshape: { args: [x(), [4]] },
    rowsToTensor: { args: [e.batchOf(data, 1)] },
    sampledKl: { args: [tensor(device, [0], [1, 1]), tensor(device, [0, 0], [1, 2])] },
    save: { args: [vae, new Bag({}, "data", "scaling", "classes", "names", "width", "height")] },
    scaleGradient: { args: [x(), vector()] },
    scaled: { args: [[1], 1, { kind: "unit", scale: [1], shift: [0] }] },
    slice: { args: [x(), [0, 0], [1, 1], [1, 1]] },
    softmax: { args: [x(), 0] },
    softmaxCrossEntropy: { args: [x(), x()] },
    standardNormal: { args: [] },
    stateDict: { args: [vae, parameters.value] },
    stepList: { args: [1, new Bag({ factor: 0.1, epochs: [1] })] },
    "stepList of a period": { args: [1, new Bag({ factor: 0.1, every: 1 })], run: e.stepList },
    stopGradient: { args: [x()] },
    tensor: { args: [device, [1], [1], "f32"] },
    train: { args: [vae, data, trainBag] },
    transpose: { args: [x(), [1, 0]] },
    uniform: { args: [device, [1], key(0)] },
    unscaled: { args: [[1], 1, { kind: "unit", scale: [1], shift: [0] }] },
    vampPrior: { args: [new Bag({ pseudoInputs: 1 }, "rows")] },
    warmUp: { args: [e.constant(1), 1] },
    weightedSum: { args: [vector(), 1] },
    weightedSums: { args: [vector(), vector(), { nll: 1, kl: 1 }] },
    where: { args: [indices(), vector(), vector()] },
    withLabels: { args: [x(), indices()] },
    word: { args: ["a"] },
    zeros: { args: [device, [1]] },
    "Device.alloc": { args: ["f32", 1, "scoped"], run: device.alloc.bind(device) },
    "Device.free": { args: [device.alloc("f32", 1), "was freed"], run: device.free.bind(device) },
    "Device.write": { args: [device.alloc("f32", 1), [1]], run: device.write.bind(device) },
    "Device.copy": { args: [device.alloc("f32", 1), device.alloc("f32", 1)], run: device.copy.bind(device) },
    "Device.read": { args: [device.alloc("f32", 1)], run: device.read.bind(device) },
    "Device.scope": { args: [() => 1], run: device.scope.bind(device) },
    "Device.prepare": { args: [[]], run: device.prepare.bind(device) },
    "Device.step": { args: [{ a: "u32" }, { a: 1 }, () => undefined], run: device.step.bind(device) },
    "Device.capture": { args: [{ a: "u32" }, () => undefined], run: device.capture.bind(device) },
    "CapturedStep.replay": { args: [[{ a: 1 }]], run: (rows: e.StepRow[]) => device.capture({ a: "u32" }, () => undefined).replay(rows) },
    "Device.watch": { args: [{}, () => undefined], run: device.watch.bind(device) },
    "Device.runGroup": { args: [[]], run: device.runGroup.bind(device) },
  };
}

const nothing = (): undefined => undefined;

async function opened(name: "cpu", options: e.OpenOptions): Promise<void> {
  await (await e.openDevice(name, options)).close();
}

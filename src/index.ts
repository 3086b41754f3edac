/**
 * The public surface of the core, on one page.
 * @module elbograd
 */

// Devices, memory and kernels
export { openDevice, type DeviceName, type OpenOptions } from "./device/open.ts";
export {
  type CapturedStep,
  type Device,
  type DeviceInfo,
  DeviceLostError,
  type Launch,
  type MemoryReport,
  Slice,
  type StepLayout,
  type StepRow,
  type StepValues,
  type Watcher,
} from "./device/device.ts";
export {
  type Arguments,
  type Binding,
  type Constants,
  type DType,
  foldedGrid,
  type Kernel,
  type KeyWords,
  linearGrid,
  type Params,
  type ParamType,
  type Scalar,
  type Shader,
  type StepWord,
  type TypedArray,
  word,
} from "./kernel.ts";

// Library files that a shader of one's own may use
export { libMath, libPhilox, libRowLoss, libRows } from "./shaders.ts";

// Tensors, gradients and random numbers
export type { Numbers } from "./check.ts";
export type { Shape } from "./shape.ts";
export { empty, type Greatest, Tensor, tensor, type TensorOptions } from "./tensor.ts";
export { full, ones, zeros } from "./fill.ts";
export { anyTracked, type Backward, type Destination, grad, type GradOptions, record, type Sink, stopGradient } from "./autodiff.ts";
export { type Key, key, permutation, philox, uniformOf } from "./random.ts";
export { streams } from "./streams.ts";

// Work that takes long: how it is ended, and what it says of how far it is
export type { WorkOptions, WorkProgress } from "./turns.ts";
export { normal, randomBits, uniform } from "./ops/random_ops.ts";

// Element-wise ops
export * from "./ops/unary.ts"; // those of one tensor, each from a row of its table: exp, log, tanh, relu …
export type { Unary, UnaryOp } from "./ops/unary_op.ts";
export type { ActivationName } from "./ops/activation.ts";
export * from "./ops/binary.ts"; // those of two: add, sub, mul, div, pow …
export { gaussianKlBetween, gaussianNll, softmaxCrossEntropy } from "./ops/probability.ts";
export { continuousBernoulliQuantile } from "./ops/continuous_bernoulli.ts";

// Reductions, products and shapes
export { max, sum } from "./ops/reduce.ts";
export { mean } from "./ops/mean.ts";
export { logSoftmax, logSumExp, softmax } from "./ops/softmax.ts";
export { matmul, type MatmulOptions } from "./ops/matmul.ts";
export { broadcastTo, concat, reshape, slice, transpose, where } from "./ops/shape_ops.ts";
export { gatherRows } from "./ops/gather_rows.ts";

// Fused ops
export { dense, type DenseOptions } from "./ops/dense.ts";
export { heads, type Heads, type HeadsOptions } from "./ops/heads.ts";
export { denseBernoulliNll, denseGaussianNll } from "./ops/dense_nll.ts";
export { type OutputLayer, outputLayer, type OutputLayerParams, type OwnOperand, recordOutput, rowLoss } from "./ops/output_layer.ts";
export { type RowWeights, weightedSum, weightedSums } from "./ops/elbo_sums.ts";
export { sampledKl } from "./ops/sampled_kl.ts";
export { type ImportanceBound, importanceBound } from "./ops/iwae.ts";
export { scaleGradient } from "./ops/scale_gradient.ts";
export { type BatchRows, rowLoader, type RowNumbers } from "./ops/rows.ts";
export { rowsToTensor } from "./ops/rows_to_tensor.ts";
export { binarise } from "./ops/binarise.ts";
export { type Labels, withLabels } from "./ops/batch_labels.ts";
export { conditionalDense } from "./ops/conditional_dense.ts";

// Layers, optimizers and data
export { glorot, he, type Initializer, linear } from "./nn/init.ts";
export { Parameters, type ParameterSpec } from "./nn/parameters.ts";
export { Adam, adam, adamW, type AdamOptions } from "./nn/adam.ts";
export { rmsprop, type RmspropOptions } from "./nn/rmsprop.ts";
export { sgd, type SgdOptions } from "./nn/sgd.ts";
export { FlatOptimizer, type Optimizer, type OptimizerFactory, type OptimizerSettings, type Rule } from "./nn/optimizer.ts";
export { clipByNorm, clipByValue } from "./nn/clip.ts";
export {
  constant,
  cosine,
  cyclical,
  type CyclicalOptions,
  type Schedule,
  type ScheduleTime,
  stepList,
  type StepListOptions,
  warmUp,
} from "./nn/schedules.ts";
export { EarlyStopping, type EarlyStoppingOptions, type EarlyStoppingState } from "./nn/early_stopping.ts";
export { batchOf, type Dataset, dataset, type DatasetOptions } from "./data/dataset.ts";
export type { Cell, Extent, Looks } from "./data/looks.ts";
export { fitScaling, scaled, type Scaling, type ScalingKind, unscaled } from "./data/scaling.ts";

// Variational autoencoders
export { Decoder, type DecoderOptions } from "./vae/decoder.ts";
export { Vae } from "./vae/vae.ts";
export type { DecodeOptions, Posterior, SampleOptions, VaeConfig, Weights } from "./vae/config.ts";
export type { Json, JsonObject, OptionsReader, OptionsReaders } from "./vae/options.ts";
export { likelihoodNamed, likelihoodNames } from "./vae/likelihoods/registry.ts";
export type { FloorOptions } from "./vae/likelihoods/variance.ts";
export { gaussianHead } from "./vae/likelihoods/gaussian_head.ts";
export { gaussianLearned } from "./vae/likelihoods/gaussian_learned.ts";
export { gaussian, type GaussianOptions } from "./vae/likelihoods/gaussian.ts";
export { continuousBernoulli } from "./vae/likelihoods/continuous_bernoulli.ts";
export { bernoulli } from "./vae/likelihoods/bernoulli.ts";
export type { EncoderInput, Likelihood, LikelihoodOptions, OwnTensors } from "./vae/likelihoods/likelihood.ts";
export { priorNamed } from "./vae/priors/registry.ts";
export { vampPrior, type VampPriorOptions } from "./vae/priors/vamp_prior.ts";
export { mixture, type MixtureOptions } from "./vae/priors/mixture.ts";
export { standardNormal } from "./vae/priors/standard_normal.ts";
export type { Prior, PriorModel, PriorOptions } from "./vae/priors/prior.ts";
export type { LabelOptions } from "./vae/labels.ts";
export { composedNll, type FeatureNll } from "./vae/likelihoods/composed_nll.ts";
export { elbo, type Elbo, type ElboOptions } from "./vae/objectives/elbo.ts";
export { elboObjective, type ElboObjectiveOptions } from "./vae/objectives/elbo_objective.ts";
export { dregObjective, iwaeObjective, type IwaeObjectiveOptions } from "./vae/objectives/iwae_objective.ts";
export type { Loss, Objective, Pass } from "./vae/objectives/objective.ts";
export type { EpochReport } from "./vae/training/losses.ts";
export { train } from "./vae/training/train.ts";
export type { CheckpointMoment, Compiling, Progress, TrainOptions } from "./vae/training/train_options.ts";
export { Trainer } from "./vae/training/trainer.ts";
export type { TrainerOptions } from "./vae/training/trainer_options.ts";
export { type Losses, NonFiniteError } from "./vae/training/losses.ts";
export type { ModelAbout } from "./vae/files/about.ts";
export { save } from "./vae/files/save.ts";
export { load, type LoadOptions } from "./vae/files/load.ts";
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type TrainingState } from "./vae/training/checkpoint.ts";
export { restoreStateDict, stateDict } from "./vae/files/state_dict.ts";
export { columnMeans, iwaeMnistTraining, iwaeMnistVae } from "./vae/recipes/iwae_mnist.ts";
export { FormatError } from "./formats/format_error.ts";
export { readSafetensors, type StoredTensor, type TensorFile, writeSafetensors } from "./formats/safetensors.ts";
export type { TensorData } from "./formats/safetensors_types.ts";

// What a model is worth
export { evaluate, type EvaluateOptions } from "./judge/evaluate.ts";
export type { Evaluation } from "./judge/evaluation.ts";
export { type OddKind, type OddValues, oddText, UnitsError } from "./judge/odd_values.ts";
export { estimateNll, type NllEstimate, type NllOptions } from "./judge/nll.ts";
export { type Baseline, type BaselineOptions, baselines } from "./judge/baselines.ts";
export { fitPpca, type Ppca } from "./judge/ppca.ts";
export { caution, type Choice, type DataKind, type Proposal, type ProposalOptions, proposeLikelihood } from "./judge/proposal.ts";
export { type Collapse, collapse, collapseOf, CollapseWatch, type LatentUse, type Verdict } from "./judge/collapse.ts";
export type { Information } from "./judge/information.ts";
export type { Estimate } from "./judge/moments.ts";

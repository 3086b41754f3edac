/** What `train` finds out about a run besides its losses: what a good loss is, which latents die, and on demand what helps. */
import type { Dataset } from "../../data/dataset.ts";
import { type Collapse, collapse, CollapseWatch } from "../../judge/collapse.ts";
import type { Fact } from "../../report/html.ts";
import type { EpochReport } from "../../vae/training/losses.ts";
import type { Vae } from "../../vae/vae.ts";
import { Interrupted } from "../command.ts";
import { counted } from "../rows/cells.ts";
import type { TrainArguments } from "../training/train_options.ts";
import type { TrainingData } from "../training/training_data.ts";
import type { TrainingLog } from "../training/training_log.ts";
import { collapseFacts, collapseText, diedText } from "./collapse_doctor.ts";
import {
  type BaselineComparison,
  compareWithBaselines,
  comparisonFacts,
  comparisonJson,
  comparisonText,
  likelihoodFacts,
} from "./likelihood_doctor.ts";
import { outcomeOf, remedyJson, remedyTable, tryRemedies } from "./remedy_trial.ts";

/** A run as its doctor sees it. */
export interface Patient {
  readonly vae: Vae;
  readonly train: Dataset;
  readonly validation: Dataset | undefined;
  readonly data: TrainingData;
  readonly options: TrainArguments;
  readonly signal: AbortSignal;
}

export class Doctor {
  readonly #patient: Patient;
  readonly #log: TrainingLog;
  readonly #watch = new CollapseWatch();
  readonly #likelihood: readonly Fact[];
  #result: Readonly<Record<string, unknown>> = {};

  constructor(patient: Patient, log: TrainingLog) {
    this.#patient = patient;
    this.#log = log;
    this.#likelihood = likelihoodFacts(patient.data, patient.options);
  }

  /** Said before training: the likelihood, and the one that the data asks for. */
  get before(): string {
    return this.#likelihood.map(([name, value]) => `${name} ${value}`).join("\n");
  }

  /** Says which latents have died in the epoch. */
  async afterEpoch(epoch: number): Promise<void> {
    const state = await this.#collapse().catch((error: unknown) => {
      // a signal is for training to hear, which has a checkpoint to take
      if (!this.#patient.signal.aborted) throw error;
    });
    if (!state) return;
    const died = this.#watch.add(epoch, state);
    if (died.length > 0) this.#log.note(diedText(epoch, died));
  }

  /** Scores the baselines and says how the model compares and how its latents are; tables for the page. */
  async atEnd(history: readonly EpochReport[]): Promise<(readonly [title: string, rows: readonly Fact[]])[]> {
    const best = this.#patient.options["early-stopping"] !== undefined;
    const comparison: BaselineComparison = await compareWithBaselines({ ...this.#patient, history, best });
    // Early stopping may have brought back weights of an epoch in which other latents were alive.
    const state = await this.#collapse();
    this.#watch.add(history.length, state);
    this.#log.findings(comparisonText(comparison));
    this.#log.findings(collapseText(state, this.#rows, this.#watch));
    this.#result = { ...comparisonJson(comparison), latents: { verdict: state.verdict, count: state.latents.length, dead: state.dead } };
    return [
      ["What a good loss is", [...this.#likelihood, ...comparisonFacts(comparison)]],
      ["What the latents do", collapseFacts(state, this.#rows, this.#watch)],
    ];
  }

  /** `--remedy`: trains again with each remedy, and says before and after. The outputs have been written. */
  async remedies(epochs: number, folder: string): Promise<void> {
    const { vae, train, validation, data, options, signal } = this.#patient;
    const { remedy } = options;
    if (remedy === undefined) return;
    if (remedy === "all" && (await this.#collapse()).verdict === "healthy") {
      this.#log.note("remedies: none is tried, because no latent is dead (--remedy NAME tries one all the same)");
      return;
    }
    const trial = { device: vae.device, data, options, train, held: validation ?? train, epochs, signal };
    try {
      const outcomes = [await outcomeOf("none", "as trained", vae, trial)];
      this.#log.note(`\nremedies, ${epochs} epochs each from the same seed, scored on ${this.#rows}`);
      for await (const outcome of tryRemedies(remedy, trial)) outcomes.push(outcome);
      this.#log.findings(remedyTable(outcomes));
      this.#result = { ...this.#result, remedies: outcomes.map(remedyJson) };
    } catch (error) {
      throw signal.aborted ? new Interrupted(`train: interrupted while trying remedies, ${folder} has the model without them`) : error;
    }
  }

  /** What was found, for programs. */
  get result(): Readonly<Record<string, unknown>> {
    return this.#result;
  }

  async #collapse(): Promise<Collapse> {
    const { vae, train, validation, signal } = this.#patient;
    return await collapse(vae, validation ?? train, { signal });
  }

  get #rows(): string {
    const { train, validation } = this.#patient;
    return validation ? counted(validation.rows, "validation rows") : `the ${train.rows} training rows`;
  }
}

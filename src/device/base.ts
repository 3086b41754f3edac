/** What all devices share: allocation, scopes, the checks before a launch, step rows and recording. */
import { waited } from "../breathe.ts";
import type { Arguments, Constants, DType, Kernel, Params, TypedArray } from "../kernel.ts";
import { ARRAY, type Check, checkValue, FUNCTION, type Numbers, numbersOf, OBJECT, oneOf, WHOLE } from "../check.ts";
import {
  type Block,
  BYTES,
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
} from "./device.ts";
import { checkLaunch, checkOwn, checkUsable, KERNEL } from "./launch.ts";
import { Pool, sizeClass } from "./pool.ts";
import { Replacements, type ReplaceOptions } from "./replace.ts";
import { type Command, disposable, Recording } from "./recording.ts";
import { refusePromise, ScopeStack } from "./scope.ts";
import { checkLayout } from "./step_row.ts";

const DTYPE: Check = oneOf(Object.keys(BYTES));
const LIFETIME: Check = oneOf(["scoped", "unscoped"]);

interface OwnedBlock<M> extends Block {
  readonly memory: M;
  readonly size: number;
  /** The recording that owns it, if it was allocated while recording. */
  readonly recording: Recording<M> | undefined;
}

export abstract class BaseDevice<M> implements Device {
  abstract readonly name: string;
  abstract readonly info: DeviceInfo;
  abstract readonly alignment: number;
  readonly lost: Promise<DeviceLostError>;

  /** Set once the device is closed or lost. */
  protected lostError: DeviceLostError | undefined;
  /** The step row in force: in `step` with values, in `capture` without. */
  protected current: { readonly layout: StepLayout; readonly row?: StepRow } | undefined;

  #announceLoss!: (error: DeviceLostError) => void;
  protected readonly replacements: Replacements;
  readonly #pool: Pool<M>;
  readonly #scopes = new ScopeStack();
  readonly #live = new Set<OwnedBlock<M>>();
  #liveBytes = 0;
  #recording: Recording<M> | undefined;
  #watcher: Watcher | undefined;

  protected constructor(poolBytes: number, options: ReplaceOptions) {
    this.replacements = new Replacements(options);
    this.#pool = new Pool<M>({ create: (n) => this.createMemory(n), destroy: (m) => this.destroyMemory(m) }, poolBytes);
    this.lost = new Promise((resolve) => (this.#announceLoss = resolve));
  }

  protected abstract createMemory(bytes: number): M;
  protected abstract destroyMemory(memory: M): void;
  protected abstract writeMemory(slice: Slice, data: TypedArray): void;
  protected abstract readMemory(slice: Slice): TypedArray | Promise<TypedArray>;
  protected abstract execute(command: Command): void;
  protected abstract compile(layout: StepLayout, commands: readonly Command[]): CapturedStep;
  /** Waits for pending work. */
  protected abstract finish(): Promise<void>;
  /** Gives everything but the slices' memory back. */
  protected abstract release(): void | Promise<void>;
  abstract prepare(kernels: readonly Kernel[]): Promise<void>;

  get compiling(): number {
    return 0;
  }

  get bindings(): number {
    return Infinity;
  }

  get largest(): number {
    return Infinity;
  }

  /** Bytes of one element in this device's memory. */
  protected bytesOf(dtype: DType): number {
    return BYTES[dtype];
  }

  protected memoryOf(slice: Slice): M {
    return (slice.block as OwnedBlock<M>).memory;
  }

  alloc(dtype: DType, length: number, lifetime: "scoped" | "unscoped" = "scoped"): Slice {
    this.checkAlive();
    if (!Number.isSafeInteger(length) || length < 0) checkValue("alloc", "length", length, WHOLE);
    if (!Object.hasOwn(BYTES, dtype)) checkValue("alloc", "dtype", dtype, DTYPE);
    if (lifetime !== "scoped") checkValue("alloc", "lifetime", lifetime, LIFETIME);
    const size = sizeClass(length * this.bytesOf(dtype));
    const recording = this.#recording;
    const memory = recording?.reuse(size) ?? this.#take(size, recording);
    const block: OwnedBlock<M> = { bytes: length * this.bytesOf(dtype), size, memory, recording, freed: undefined };
    this.#live.add(block);
    this.#liveBytes += block.bytes;
    if (lifetime === "scoped") this.#scopes.add(block);
    const slice = new Slice(this, dtype, length, 0, block);
    this.#tell((watcher) => watcher.allocated?.(slice));
    return slice;
  }

  #take(size: number, recording: Recording<M> | undefined): M {
    const memory = this.#pool.take(size);
    recording?.own(size, memory);
    return memory;
  }

  free(slice: Slice, why = "was freed"): void {
    checkOwn("free", slice, this);
    if (slice.block.freed === undefined) this.#free(slice.block as OwnedBlock<M>, why);
  }

  #free(block: OwnedBlock<M>, why: string): void {
    const watcher = this.#watcher;
    if (watcher?.freeing && !block.recording) watcher.freeing(() => block.freed ?? this.#giveBack(block, why));
    else this.#giveBack(block, why);
  }

  #giveBack(block: OwnedBlock<M>, why: string): void {
    block.freed = why;
    this.#live.delete(block);
    this.#liveBytes -= block.bytes;
    if (block.recording) block.recording.spare(block.size, block.memory);
    else this.#pool.give(block.size, block.memory);
  }

  write(slice: Slice, given: Numbers): void {
    this.checkAlive();
    checkUsable("write", slice, this);
    this.#refuseRecording("write");
    const data = numbersOf("write", "data", given);
    if (data.length !== slice.length) throw new RangeError(`write: the slice holds ${slice.length} values, got ${data.length}`);
    this.writeMemory(slice, data);
  }

  copy(from: Slice, to: Slice): void {
    this.checkAlive();
    checkUsable("copy", from, this);
    checkUsable("copy", to, this);
    if (from.dtype !== to.dtype || from.length !== to.length) {
      throw new RangeError(`copy: slices differ, from is ${from.dtype} of ${from.length} and to is ${to.dtype} of ${to.length}`);
    }
    if (from.block === to.block) throw new RangeError("copy: both slices share one block (copy through another slice)");
    this.#issue({ kind: "copy", from, to });
  }

  run<P extends Params>(
    kernel: Kernel<P>,
    inputs: readonly (Slice | null)[],
    outputs: readonly (Slice | null)[],
    params: Arguments<P>,
    constants?: Constants,
  ): void {
    this.checkAlive();
    if (typeof kernel?.cpu !== "function") checkValue("run", "kernel", kernel, KERNEL);
    const chosen = this.replacements.of(kernel);
    const launch = { kernel: chosen, inputs, outputs, params, ...(constants && { constants }) } as unknown as Launch;
    checkLaunch(launch, this);
    this.#issue({ kind: "run", launch });
  }

  runGroup(launches: readonly Launch[]): void {
    checkValue("runGroup", "launches", launches, ARRAY);
    for (const { kernel, inputs, outputs, params, constants } of launches) this.run(kernel, inputs, outputs, params, constants);
  }

  #issue(command: Command): void {
    if (this.#recording) return void this.#recording.commands.push(command);
    this.execute(command);
    this.#tell((watcher) => {
      if (command.kind === "run") watcher.launched?.(command.launch, this.current?.row && (this.current as StepValues));
      else watcher.copied?.(command.from, command.to);
    });
  }

  watch(watcher: Watcher, f: () => void): void {
    checkValue("watch", "what is watched", f, FUNCTION);
    this.#withWatcher(watcher, f);
  }

  #tell(tell: (watcher: Watcher) => void): void {
    const watcher = this.#watcher;
    if (watcher && !this.#recording) this.#withWatcher(undefined, () => tell(watcher));
  }

  #withWatcher(watcher: Watcher | undefined, f: () => void): void {
    const before = this.#watcher;
    this.#watcher = watcher;
    try {
      refusePromise("watch", f());
    } finally {
      this.#watcher = before;
    }
  }

  async read(slice: Slice): Promise<TypedArray> {
    this.checkAlive();
    checkUsable("read", slice, this);
    this.#refuseRecording("read");
    return waited(this.readMemory(slice));
  }

  scope<T>(f: () => T): T {
    return this.#scopes.run(f, (block) => this.#free(block as OwnedBlock<M>, "was freed when its scope closed"));
  }

  memory(): MemoryReport {
    const { pooled, pooledBytes, created } = this.#pool;
    return { live: this.#live.size, liveBytes: this.#liveBytes, pooled, pooledBytes, created };
  }

  trim(): void {
    this.#pool.clear();
  }

  step(layout: StepLayout, row: StepRow, f: () => void): void {
    this.checkAlive();
    checkValue("step", "row", row, OBJECT);
    checkValue("step", "what runs in it", f, FUNCTION);
    checkLayout(layout);
    this.#refuseNesting("step");
    this.current = { layout, row };
    try {
      refusePromise("step", f());
    } finally {
      this.current = undefined;
    }
  }

  capture(layout: StepLayout, f: () => void): CapturedStep {
    this.checkAlive();
    checkValue("capture", "what is recorded", f, FUNCTION);
    checkLayout(layout);
    this.#refuseNesting("capture");
    const recording = new Recording<M>();
    const giveBack = (): void => recording.owned.forEach(({ memory, size }) => this.#pool.give(size, memory));
    this.current = { layout };
    this.#recording = recording;
    try {
      refusePromise("capture", f());
    } catch (error) {
      giveBack();
      throw error;
    } finally {
      this.current = undefined;
      this.#recording = undefined;
    }
    const end = (): void => {
      for (const block of [...this.#live]) if (block.recording === recording) this.#free(block, "was freed with its captured step");
      giveBack();
    };
    const borrowed = recording.borrowed((block) => (block as OwnedBlock<M>).recording === recording);
    return disposable(this.compile(layout, recording.commands), borrowed, () => this.checkAlive(), end);
  }

  async close(): Promise<void> {
    if (this.lostError) return;
    await this.finish();
    this.lose(new DeviceLostError(`${this.name}: the device was closed`));
    await this.release();
  }

  /** Marks the device as gone; every later call says why. */
  protected lose(error: DeviceLostError): void {
    if (this.lostError) return;
    this.lostError = error;
    for (const block of this.#live) {
      block.freed = "was lost with its device";
      this.destroyMemory(block.memory);
    }
    this.#live.clear();
    this.#liveBytes = 0;
    this.#pool.clear();
    this.#announceLoss(error);
  }

  protected checkAlive(): void {
    if (this.lostError) throw this.lostError;
  }

  #refuseRecording(call: string): void {
    if (this.#recording) throw new TypeError(`${call}: not possible inside of capture, which only records (${call} before or after it)`);
  }

  #refuseNesting(call: string): void {
    if (this.current) throw new TypeError(`${call}: a step is already running (steps and captures do not nest)`);
  }
}

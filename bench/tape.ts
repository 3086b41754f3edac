/** What is asked of a GPUDevice, taken down call by call, to be asked of others again: the same work on WebGPU alone, without the program. */

/** A call, or without arguments a property, of an object of the tape; the result becomes the next object. */
interface Entry {
  readonly on: number;
  readonly name: PropertyKey;
  readonly args?: readonly unknown[];
}

/** An object of the tape, in the place of one among arguments. */
class Place {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
}

/** Listeners are the program's. */
const NOT_TAKEN: readonly PropertyKey[] = ["addEventListener", "removeEventListener"];

export class Tape {
  /** In the place of the device: what is asked of it, and of all that it makes, is taken down. */
  readonly device: GPUDevice;
  /** Entry i makes object i + 1; object 0 is the device. */
  readonly #entries: Entry[] = [];
  readonly #known = new WeakMap<object, { readonly place: Place; readonly original: object }>();

  constructor(device: GPUDevice) {
    this.device = this.#taped(device, 0);
  }

  /** Asks the same of another device, one call after the other. */
  async replay(device: GPUDevice): Promise<void> {
    const objects: unknown[] = [device];
    for (const { on, name, args } of this.#entries) {
      const target = objects[on] as Record<PropertyKey, unknown>;
      const given = args && (mapped(args, (part) => (part instanceof Place ? objects[part.index] : part)) as unknown[]);
      objects.push(given ? await (target[name] as (...args: unknown[]) => unknown)(...given) : target[name]);
    }
  }

  #taped<T extends object>(original: T, index: number): T {
    const proxy = new Proxy(original, { get: (_, name) => this.#get(original, index, name) });
    this.#known.set(proxy, { place: new Place(index), original });
    return proxy;
  }

  #get(original: object, on: number, name: PropertyKey): unknown {
    const value = Reflect.get(original, name, original) as unknown;
    if (name === "queue") return this.#taped(value as object, this.#entries.push({ on, name }));
    if (typeof value !== "function") return value;
    return (...args: readonly unknown[]) => {
      const call = (): unknown =>
        value.apply(
          original,
          mapped(args, (part) => this.#known.get(part)?.original ?? part),
        ) as unknown;
      if (NOT_TAKEN.includes(name)) return call();
      const taken = mapped(args, (part) => this.#known.get(part)?.place ?? (ArrayBuffer.isView(part) ? (part as Uint8Array).slice() : part));
      const index = this.#entries.push({ on, name, args: taken as unknown[] });
      const result = call();
      return result instanceof Promise ? result.then((settled: unknown) => this.#given(settled, index)) : this.#given(result, index);
    };
  }

  #given(result: unknown, index: number): unknown {
    return Object(result) === result && !(result instanceof ArrayBuffer) ? this.#taped(result as object, index) : result;
  }
}

/** Arguments with their objects changed; arrays and dictionaries are looked into. */
function mapped(value: unknown, change: (part: object) => unknown): unknown {
  if (Object(value) !== value) return value;
  if (Array.isArray(value)) return value.map((part) => mapped(part, change));
  if (Object.getPrototypeOf(value) !== Object.prototype) return change(value as object);
  return Object.fromEntries(Object.entries(value as object).map(([name, part]) => [name, mapped(part, change)]));
}

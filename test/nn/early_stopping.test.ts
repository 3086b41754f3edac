import fc from "fast-check";
import { expect, test } from "vitest";
import { EarlyStopping } from "../../src/nn/early_stopping.ts";

test("training stops after `patience` losses in a row without a new best one", () => {
  const stopping = new EarlyStopping({ patience: 2 });
  expect([5, 4, 4, 3.9, 4, 3.9].map((loss) => stopping.update(loss))).toEqual(["best", "best", "wait", "best", "wait", "stop"]);
  expect(stopping.state).toEqual({ best: 3.9, waited: 2 });
});

test("a loss that is lower by minDelta or less is no new best", () => {
  const stopping = new EarlyStopping({ patience: 3, minDelta: 0.5 });
  expect([10, 9.75, 9.5, 9.25].map((loss) => stopping.update(loss))).toEqual(["best", "wait", "wait", "best"]);
});

test("NaN and infinity are never best, also as the first loss", () => {
  const stopping = new EarlyStopping({ patience: 3 });
  expect([NaN, Infinity, 2, NaN, NaN, NaN].map((loss) => stopping.update(loss))).toEqual(["wait", "wait", "best", "wait", "wait", "stop"]);
});

test("losses may be negative", () => {
  const stopping = new EarlyStopping({ patience: 1, minDelta: 0.5 });
  expect([-1, -3, -3.25].map((loss) => stopping.update(loss))).toEqual(["best", "best", "stop"]);
});

test("a state that went through JSON continues as if nothing had happened", () => {
  // without −0, which JSON turns into 0: the two compare as equal
  const loss = fc.double({ min: -3, max: 3 }).map((value) => value + 0);
  const losses = fc.array(loss, { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(losses, fc.nat(20), fc.integer({ min: 1, max: 4 }), (all, cut, patience) => {
      const [whole, first, second] = [0, 1, 2].map(() => new EarlyStopping({ patience, minDelta: 0.1 })) as [
        EarlyStopping,
        EarlyStopping,
        EarlyStopping,
      ];
      const want = all.map((loss) => whole.update(loss));
      const before = all.slice(0, cut).map((loss) => first.update(loss));
      second.restore(JSON.parse(JSON.stringify(first.state)) as EarlyStopping["state"]);
      expect([...before, ...all.slice(cut).map((loss) => second.update(loss))]).toEqual(want);
      expect(second.state).toEqual(whole.state);
    }),
  );
});

test("wrong options and states are refused in one line", () => {
  expect(() => new EarlyStopping({ patience: 0 })).toThrow("earlyStopping: patience is a whole number of at least 1, got 0");
  expect(() => new EarlyStopping({ patience: 1, minDelta: -1 })).toThrow("earlyStopping: minDelta is a number of at least 0, got -1");
  const stopping = new EarlyStopping({ patience: 1 });
  expect(() => stopping.restore({ best: NaN, waited: 0 })).toThrow("earlyStopping: best is a finite number, got NaN");
  expect(() => stopping.restore({ best: 1, waited: -1 })).toThrow("earlyStopping: waited is a whole number of at least 0, got -1");
});

import { describe, expect, it } from "vitest";
import { bar, showDuration } from "../../src/cli/progress.ts";

describe("the progress bar", () => {
  it("fills its cells in proportion", () => {
    expect([bar(0, 4), bar(0.5, 4), bar(1, 4)]).toEqual(["░░░░", "██░░", "████"]);
  });

  it("shows durations as clocks do", () => {
    expect([0, 7_400, 750_000, 11_100_000].map(showDuration)).toEqual(["0:00", "0:07", "12:30", "3:05:00"]);
  });
});

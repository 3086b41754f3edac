/** Looks for a WebGPU adapter once, before all tests: a missing one is said in one line, or is an error with REQUIRE_WEBGPU=1. */
import { openDevice } from "../../src/device/open.ts";

export default async function setup(): Promise<void> {
  try {
    await (await openDevice("webgpu")).close();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (process.env["REQUIRE_WEBGPU"] === "1") throw new Error(`REQUIRE_WEBGPU=1, but ${why}`, { cause: error });
    process.stderr.write(`skipped: device webgpu (${why}; for a software GPU on Debian run .ci/install_gpu)\n`);
    process.env["ELBOGRAD_TEST_WITHOUT_WEBGPU"] = "1";
  }
}

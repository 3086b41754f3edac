/** Properties are tried on the same cases in every run, so that a failure is the change's; TEST_LONG=1 tries new ones each time. */
import fc from "fast-check";

if (import.meta.env["TEST_LONG"] !== "1") fc.configureGlobal({ seed: 20261122 });

/** `elbograd recipe NAME`: experiments of papers, with nothing left to choose but what the paper compares. */
import { quoted, suggestion } from "../../text.ts";
import { type Command, UsageError } from "../command.ts";
import { iwaeMnist } from "../recipes/iwae_mnist.ts";

const RECIPES: ReadonlyMap<string, Command> = new Map(Object.entries({ "iwae-mnist": iwaeMnist }));

export const recipe: Command = {
  summary: "repeats a paper's experiment, and scores its model",
  help: () => {
    const lines = [...RECIPES].map(([name, { summary }]) => `  ${name.padEnd(13)}${summary}`);
    return ["elbograd recipe NAME [options]", lines.join("\n"), ...[...RECIPES.values()].map((command) => command.help())].join("\n\n");
  },
  async run([name = "", ...args], signal) {
    const command = RECIPES.get(name);
    if (!command)
      throw new UsageError(
        `recipe: a recipe is one of ${[...RECIPES.keys()].join(", ")}, got ${quoted(name)}${suggestion(name, RECIPES.keys()) || " (elbograd recipe --help)"}`,
      );
    await command.run(args, signal);
  },
};

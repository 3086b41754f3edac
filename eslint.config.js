import eslint from "@eslint/js";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

const DEVICE_TYPES = ["device/device.ts"];
const GRAPH = ["tensor.ts", "fill.ts", "autodiff.ts", "check.ts"];
const OPS = [
  "ops",
  ...GRAPH,
  "kernel.ts",
  "shape.ts",
  "shaders.ts",
  "table_shaders.ts",
  "random.ts",
  "streams.ts",
  "text.ts",
  "breathe.ts",
  "turns.ts",
  ...DEVICE_TYPES,
];
const VAE = ["vae", "nn", "data", "formats", "table", ...OPS];
const CORE = [...VAE, "judge", "device"];

/** Who may import whom: for each file or folder of src, everything in src that it may import. */
const LAYERS = {
  "kernel.ts": [],
  "text.ts": [],
  "check.ts": ["text.ts", "kernel.ts"],
  "breathe.ts": [],
  "turns.ts": ["breathe.ts", "check.ts"],
  "shape.ts": ["check.ts"],
  "random.ts": ["check.ts"],
  "streams.ts": ["random.ts"],
  formats: ["formats", "text.ts", "check.ts", "turns.ts"],
  table: ["table", "formats", "text.ts", "check.ts", "turns.ts"],
  "shaders.ts": ["kernel.ts"],
  device: ["device", "kernel.ts", "shaders.ts", "random.ts", "text.ts", "check.ts", "breathe.ts"],
  "tensor.ts": [...GRAPH, "kernel.ts", "shape.ts", ...DEVICE_TYPES],
  "fill.ts": [...GRAPH, "kernel.ts", "shape.ts", "shaders.ts", ...DEVICE_TYPES],
  "autodiff.ts": [...GRAPH, "kernel.ts", "shape.ts", ...DEVICE_TYPES],
  ops: OPS,
  nn: ["nn", ...OPS],
  data: ["data", ...OPS],
  vae: VAE,
  judge: ["judge", ...VAE],
  report: ["report", ...VAE],
  lab: ["lab", ...CORE],
  node: ["node", "report", ...CORE],
  "index.ts": CORE,
  "tables.ts": CORE,
};

const zones = Object.entries(LAYERS).map(([layer, allowed]) => ({
  target: `./src/${layer}`,
  from: "./src",
  except: allowed.map((path) => `./${path}`),
  message: `src/${layer} may import ${allowed.length > 0 ? allowed.join(", ") : "nothing"}.`,
}));

/** The only files of src that run in Node alone. */
const NODE_FILES = ["src/node/**", "src/cli/**", "src/device/*.node.ts"];
const PACKAGES = "^[^.#]";
const NO_PACKAGES =
  "The core has no dependencies and runs in a browser: packages and Node modules belong into src/node, src/cli or src/device/*.node.ts.";

export default tseslint.config(
  { ignores: ["dist*/**", "build", "runs", "coverage", "data", "golden"] },
  eslint.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "no-restricted-properties": ["error", { object: "Math", property: "random", message: "Random numbers come from a key (src/random.ts)." }],
    },
  },
  {
    files: ["**/*.{js,mjs}"],
    languageOptions: { globals: { URL: "readonly", console: "readonly", performance: "readonly", process: "readonly" } },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    plugins: { "import-x": importX },
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    settings: {
      "import-x/extensions": [".ts"],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"] },
      "import-x/resolver-next": [createNodeResolver({ extensions: [".ts", ".js"] })],
    },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/no-empty-object-type": ["error", { allowInterfaces: "with-single-extends" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/prefer-readonly": "error",
      "@typescript-eslint/return-await": ["error", "error-handling-correctness-only"],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // Kernels and tables of functions are records: their functions use no `this` and are taken out of them freely.
      "@typescript-eslint/unbound-method": "off",
      "import-x/no-cycle": "error",
    },
  },
  {
    files: ["src/**/*.ts"],
    rules: {
      "import-x/no-restricted-paths": ["error", { basePath: import.meta.dirname, zones }],
      "max-lines": ["error", { max: 300 }],
      "no-console": "error",
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: NODE_FILES,
    rules: {
      "no-restricted-globals": ["error", "process", "Buffer", "globalThis"],
      "import-x/no-nodejs-modules": "error",
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: [...NODE_FILES, "src/lab/**"],
    rules: {
      "no-restricted-imports": ["error", { patterns: [{ regex: PACKAGES, message: NO_PACKAGES }] }],
      "no-restricted-syntax": ["error", { selector: `ImportExpression > Literal[value=/${PACKAGES}/]`, message: NO_PACKAGES }],
    },
  },
  { files: ["src/device/*.browser.ts"], rules: { "no-restricted-globals": "off" } },
  { files: ["src/cli/**"], rules: { "no-console": "off" } },
  {
    files: ["src/shaders.ts", "src/table_shaders.ts", "src/device/shader_names.ts", "src/device/webgpu/texts.ts", "src/lab/formulas.ts"],
    rules: { "max-lines": "off" },
  },
  { files: ["test/**/*.ts"], rules: { "no-console": "error" } },
  {
    files: ["src/lab/oracle/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [{ regex: "^(?!\\./)", message: "The oracle imports only its own files, so that it shares no mistake with what it judges." }],
        },
      ],
    },
  },
);

/** onnxruntime-node, which does not train: the decoder as an ONNX graph, written here field by field. */
import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import ort from "onnxruntime-node";
import { answer, job, layers, timed, values } from "./work.mjs";

const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json");

/** Protocol buffers: a whole number, or bytes with their length, under the number of a field of onnx.proto. */
const varint = (n) => (n < 128 ? [n] : [(n % 128) + 128, ...varint(Math.floor(n / 128))]);
const number = (field, n) => Buffer.from([field * 8, ...varint(n)]);
const bytes = (field, ...parts) => {
  const content = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  return Buffer.concat([Buffer.from(varint(field * 8 + 2)), Buffer.from(varint(content.length)), content]);
};

const FLOAT = 1;
const initializer = (name, shape, data) =>
  bytes(5, ...shape.map((n) => number(1, n)), number(2, FLOAT), bytes(8, name), bytes(9, Buffer.from(data.buffer)));
const node = (kind, inputs, output) => bytes(1, ...inputs.map((name) => bytes(1, name)), bytes(2, output), bytes(4, kind));
const tensor = (field, name, columns) =>
  bytes(field, bytes(1, name), bytes(2, bytes(1, number(1, FLOAT), bytes(2, bytes(1, bytes(2, "rows")), bytes(1, number(1, columns))))));

/** x = sigmoid(decoder(z)) */
function decoder({ input, latent }) {
  let h = "z";
  const parts = layers(job.workload)
    .filter(({ name }) => name.startsWith("decoder") || name === "output")
    .flatMap(({ name, inputs, outputs, weight, bias }) => {
      const [W, b, sum] = [`${name}.weight`, `${name}.bias`, `${name}.sum`];
      const from = h;
      h = name === "output" ? "x" : `${name}.y`;
      const apply = node(name === "output" ? "Sigmoid" : "Relu", [sum], h);
      return [initializer(W, [inputs, outputs], weight), initializer(b, [outputs], bias), node("Gemm", [from, W, b], sum), apply];
    });
  const graph = bytes(7, ...parts, bytes(2, "decoder"), tensor(11, "z", latent), tensor(12, "x", input));
  return Buffer.concat([number(1, 8), graph, bytes(8, number(2, 13))]);
}

const session = await ort.InferenceSession.create(decoder(job.workload), { intraOpNumThreads: job.threads, interOpNumThreads: 1 });
const z = new ort.Tensor("float32", values(job.rows * job.workload.latent, 7), [job.rows, job.workload.latent]);
let x;
const run = async (count) => {
  for (let i = 0; i < count; i++) ({ x } = await session.run({ z }));
};
const timing = await timed(run, () => undefined);
answer(version, timing, x.data.slice(0, 3));

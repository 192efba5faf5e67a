/** Models: as bytes, as messages whose fields are spoilt, with data beside them; edited, and given to the runtime. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toBinary } from "@bufbuild/protobuf";
import type { Random } from "../../../src/base/random.js";
import { ablate, bakeAblation } from "../../../src/engine/onnx/ablate.js";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { cut } from "../../../src/engine/onnx/cut.js";
import { halveModel } from "../../../src/engine/onnx/halve.js";
import { headOf } from "../../../src/engine/onnx/head.js";
import { filesOf, identityOf } from "../../../src/engine/onnx/identity.js";
import { candidates, listLayers, resolveLayers } from "../../../src/engine/onnx/layers.js";
import { metadataOf } from "../../../src/engine/onnx/metadata.js";
import { encodeModel, inlined, type OnnxModel, readModel, writeModel } from "../../../src/engine/onnx/model.js";
import { type GraphProto, type ModelProto, ModelProtoSchema } from "../../../src/engine/onnx/onnx_pb.js";
import { withOpenBatch } from "../../../src/engine/onnx/open-batch.js";
import { derive } from "../../../src/engine/onnx/proto.js";
import { suffixBehind } from "../../../src/engine/onnx/suffix.js";
import { tap } from "../../../src/engine/onnx/tap.js";
import { readTensor } from "../../../src/engine/onnx/tensors.js";
import type { TensorInfo } from "../../../src/engine/onnx/values.js";
import { openSession } from "../../../src/engine/runtime/open.js";
import { probeShapes } from "../../../src/engine/runtime/probe.js";
import { ndarray, sizeOf, zeros } from "../../../src/engine/tensor/ndarray.js";
import { openModel, preprocessingOf } from "../../../src/exemplars/subject.js";
import { handMadeNetwork } from "../../../src/zoo/hand-made.js";
import { branchingNet, smallNet } from "../../engine/onnx/nets.js";
import { chance, NUMBERS, pick, spoil, texts } from "../mutate.js";
import { spoilMessage } from "../mutate-proto.js";
import type { Target } from "../target.js";

const SAMPLES: readonly OnnxModel[] = [smallNet(), branchingNet(), handMadeNetwork(16)];
const BYTES = SAMPLES.map(encodeModel);

/** Names that mean something in a model: its tensors, operators and keys. */
function namesOf({ proto }: OnnxModel): string[] {
  const graph = proto.graph!;
  return [
    ...graph.node.flatMap(({ input, output, opType, name }) => [...input, ...output, opType, name]),
    ...graph.initializer.map(({ name }) => name),
    ...OPERATORS,
    ...["axis", "kernel_shape", "pads", "strides", "to", "value", "shape", "location", "offset", "length", "batch", ""],
  ];
}

const OPERATORS =
  "Conv Relu Add Mul Reshape Transpose Concat Slice Gather Expand Tile Range ConstantOfShape Pad Resize Loop If Scan Shape Cast Flatten Gemm MatMul MaxPool AveragePool Softmax Split Squeeze Unsqueeze OneHot NonZero TopK Where ConvTranspose LSTM Einsum Upsample Constant RandomNormal EyeLike ScatterND GatherND".split(
    " ",
  );

/** Graphs inside of each other, that many deep. */
function nested(proto: ModelProto, depth: number): ModelProto {
  const holder = proto.graph!.node.find(({ attribute }) => attribute.some(({ g }) => g));
  if (!holder) return proto;
  const [branch, ...others] = holder.attribute;
  const around = (inner: GraphProto | undefined) =>
    inner ? derive(holder, { attribute: [derive(branch, { g: inner }), ...others] }) : holder;
  let inner = branch.g;
  for (let level = 0; level < depth && inner; level++) inner = derive(inner, { node: [around(inner)] });
  return derive(proto, { graph: derive(proto.graph!, { node: [around(inner)] }) });
}

/** A small model that asks for as much as it likes: of the picture's values, so that nothing is known beforehand, or of constants. */
function absurd(random: Random): Uint8Array {
  const g = new GraphBuilder("absurd");
  const x = g.input("x", "float32", ["batch", 3, 8, 8]);
  const size = () =>
    BigInt.asIntN(63, chance(random, 0.6) ? BigInt(pick(random, [1, 3, 1000, 1 << 20])) : pick(random, NUMBERS));
  const sizes = BigInt64Array.from({ length: random.integer(4) }, size);
  const shape = g.constant(ndarray("int64", [sizes.length], sizes));
  const mean = g.node("ReduceMean", [x], { keepdims: 0 });
  const big = pick(random, [
    () => g.node("Expand", [mean, shape]),
    () => g.node("Reshape", [x, shape]),
    () => g.node("Tile", [x, shape]),
  ])();
  g.output(
    g.node("Relu", [big], {}, ["y"]),
    "y",
    "float32",
    Array.from(sizes, () => "any"),
  );
  return encodeModel(g.build());
}

function spoiltMessage(random: Random): Uint8Array {
  const sample = pick(random, SAMPLES);
  const names = namesOf(sample);
  let proto = spoilMessage(random, ModelProtoSchema, sample.proto, names);
  if (chance(random, 0.03)) proto = nested(proto, pick(random, [20, 60, 300]));
  return toBinary(ModelProtoSchema, proto);
}

/** Every edit that Milan makes of models. */
async function edited(
  model: OnnxModel,
  infos: ReadonlyMap<string, TensorInfo>,
  random: Random,
  out: string,
): Promise<void> {
  const layers = listLayers(model, infos);
  const some = layers.filter(() => chance(random, 0.4)).slice(0, 3);
  const names = candidates(model);
  metadataOf(model);
  if (names.length > 0) resolveLayers(layers, [pick(random, [...layers.map(({ name }) => name), "conv"])]);
  const tapped = tap(
    model,
    names.flatMap((name) => infos.get(name) ?? []),
  );
  const { model: ablated } = ablate(model, some);
  const baked = bakeAblation(
    model,
    some.map((layer) => ({ layer, mask: new Float32Array(layer.units) })),
  );
  for (const each of [tapped, ablated, baked, withOpenBatch(model)]) encodeModel(each);
  for (const tensor of model.proto.graph!.initializer) await readTensor(model, tensor);
  await halveModel(model);
  await writeModel(baked, out);
  await readModel(out);
  const [first] = some;
  const output = model.proto.graph!.output[0]?.name ?? "y";
  if (first) {
    cut(model, [{ name: first.name, dtype: first.dtype, shape: first.shape }], [output]);
    suffixBehind(model, [first], infos, [output]);
  }
  headOf("editing", model, output, 1 + random.integer(2));
}

export const modelBytes: Target = {
  async prepare(box) {
    const infos = await infosOf();
    return {
      async once(random) {
        const path = join(box, "net.onnx");
        writeFileSync(path, spoil(random, pick(random, BYTES), BYTES));
        const model = await readModel(path);
        await identityOf(await filesOf(model));
        await edited(model, infos, random, join(box, "out.onnx"));
      },
    };
  },
};

export const modelFields: Target = {
  async prepare(box) {
    const infos = await infosOf();
    return {
      async once(random) {
        const path = join(box, "net.onnx");
        writeFileSync(path, spoiltMessage(random));
        await edited(await readModel(path), infos, random, join(box, "out.onnx"));
      },
    };
  },
};

/** Shapes of all that is in the samples. */
async function infosOf(): Promise<Map<string, TensorInfo>> {
  const all = await Promise.all(SAMPLES.map((model) => probeShapes(model, candidates(model))));
  return new Map(all.flatMap((infos) => [...infos]));
}

export const externalData: Target = {
  async prepare(box) {
    const path = join(box, "net.onnx");
    await writeModel(handMadeNetwork(16), path, 0);
    const sample = await readModel(path);
    const names = [...texts(box), "net.onnx.data", "net.onnx", ".", "location", "offset", "length", "0", "4096"];
    return {
      async once(random) {
        const spoilt = join(box, "spoilt.onnx");
        const proto = spoilMessage(random, ModelProtoSchema, sample.proto, names);
        // most of a model is not about where its data are
        for (const tensor of proto.graph?.initializer ?? [])
          for (const entry of tensor.externalData) if (chance(random, 0.1)) entry.value = pick(random, names);
        writeFileSync(spoilt, toBinary(ModelProtoSchema, proto));
        const model = await readModel(spoilt);
        await filesOf(model);
        await inlined(model);
        await writeModel(model, join(box, "copy.onnx"), chance(random, 0.5) ? 0 : undefined);
        await readModel(join(box, "copy.onnx"));
        rmSync(join(box, "copy.onnx"));
      },
    };
  },
};

/** Opens a model as every command does, and runs it on zeros where it wants little. */
async function opened(path: string): Promise<void> {
  const subject = await openModel(path, { size: [32, 32] });
  const session = await openSession(subject.model, { threads: 1 });
  try {
    const feeds = subject.inputs.map(
      ({ name, dtype, shape }) => [name, dtype, shape.map((n) => (typeof n === "number" && n > 0 ? n : 1))] as const,
    );
    if (feeds.every(([, , shape]) => sizeOf(shape) < 2 ** 20))
      await session
        .run(Object.fromEntries(feeds.map(([name, dtype, shape]) => [name, zeros(dtype, shape)])))
        .catch(() => {});
  } finally {
    await session.close();
  }
  preprocessingOf(subject);
}

export const runtimeFields: Target = {
  prepare: async (box) => ({
    async once(random) {
      const path = join(box, "net.onnx");
      const isAbsurd = chance(random, 0.2);
      writeFileSync(path, isAbsurd ? absurd(random) : spoiltMessage(random));
      if (isAbsurd)
        await openModel(path, { size: [32, 32] }); // to run it would be to take what it asks for
      else await opened(path);
    },
  }),
};

export const runtimeBytes: Target = {
  prepare: async (box) => ({
    async once(random) {
      const path = join(box, "net.onnx");
      writeFileSync(path, spoil(random, pick(random, BYTES), BYTES));
      await opened(path);
    },
  }),
};

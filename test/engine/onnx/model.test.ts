import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createRegistry, equals } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { afterAll, describe, expect, test } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import { Random } from "../../../src/base/random.js";
import { decodeModel, encodeModel, readModel, writeModel } from "../../../src/engine/onnx/model.js";
import { file_onnx, type GraphProto, ModelProtoSchema } from "../../../src/engine/onnx/onnx_pb.js";
import { derive } from "../../../src/engine/onnx/proto.js";
import { tap } from "../../../src/engine/onnx/tap.js";
import { valueInfo } from "../../../src/engine/onnx/values.js";
import { Session } from "../../../src/engine/runtime/session.js";
import { zeros } from "../../../src/engine/tensor/ndarray.js";
import { describeShared, shared } from "../../shared.js";
import { branchingNet, normal, run, smallNet, withProto } from "./nets.js";

const folder = mkdtempSync(join(tmpdir(), "milan-model-"));
afterAll(() => rmSync(folder, { recursive: true }));

const registry = createRegistry(file_onnx);

const models = ["data/models/squeezenet1_1-imagenet", "data/models/resnet20-cifar10", "golden/models/reslite.bn"];

describeShared("real models", () => {
  test.each(models)("%s keeps every field through encoding, and ONNX Runtime computes the same", async (name) => {
    const path = shared(`${name}.onnx`);
    const model = await readModel(path);
    const copy = join(folder, "copy.onnx");
    await writeModel(model, copy);
    expect(equals(ModelProtoSchema, (await readModel(copy)).proto, model.proto, { registry, unknown: true })).toBe(
      true,
    );
    expect(Buffer.compare(readFileSync(copy), encodeModel(model))).toBe(0);
    const [before, after] = [await Session.open(path), await Session.open(encodeModel(model))];
    const input = zeros("float32", [2, ...(before.inputs[0].shape.slice(1) as number[])]);
    input.data.set(normal(input.shape).data);
    const feeds = { [before.inputs[0].name]: input };
    expect((await after.run(feeds)).logits).toEqual((await before.run(feeds)).logits);
    await Promise.all([before.close(), after.close()]);
  });

  test("the weights of a model that was read are views of the file's bytes", () => {
    const bytes = readFileSync(shared(`${models[0]}.onnx`));
    const [weight] = decodeModel(bytes).proto.graph!.initializer;
    expect(weight.rawData.buffer).toBe(bytes.buffer);
  });
});

test("what we do not know about survives reading, editing and writing", () => {
  const model = smallNet();
  const unknown = [{ no: 1234, wireType: WireType.Varint, data: Uint8Array.of(7) }];
  const graph = model.proto.graph!;
  const marked = derive(model.proto, {
    $unknown: unknown,
    graph: derive(graph, {
      $unknown: unknown,
      node: graph.node.map((node) => derive(node, { $unknown: unknown })),
      initializer: graph.initializer.map((tensor) => derive(tensor, { $unknown: unknown })),
    }),
  });
  const edited = tap(withProto(model, marked), [
    { name: "/stem/Relu_output_0", dtype: "float32", shape: ["n", 4, 8, 8] },
  ]);
  const { proto } = decodeModel(encodeModel(edited));
  const holders = [proto, proto.graph!, ...proto.graph!.node, ...proto.graph!.initializer];
  expect(holders.map((message) => message.$unknown?.[0]?.no)).toEqual(holders.map(() => 1234));
  expect(model.proto.graph!.output).toHaveLength(1);
});

describe("what is no model", () => {
  const whole = encodeModel(smallNet());
  const refusal = (bytes: Uint8Array): string => {
    try {
      decodeModel(bytes, "net.onnx");
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      expect((error as Error).message).not.toContain("\n");
      return (error as Error).message;
    }
    return "accepted";
  };

  test.each([
    ["text", Buffer.from("This is not a model.\n"), /not an ONNX file; expected a ModelProto/],
    ["nothing", new Uint8Array(0), /not an ONNX file.*got 0 bytes/],
    ["a gzip file", gzipSync(whole), /a gzip file; unpack it first/],
    ["a zip archive", Buffer.from("PK\x03\x04rest"), /a zip archive \(PyTorch checkpoints are\)/],
    ["HTML", Buffer.from("<!DOCTYPE html><html>not found</html>"), /not an ONNX file/],
    ["TensorFlow Lite", Buffer.from("\x1c\0\0\0TFL3rest"), /TensorFlow Lite/],
  ])("%s is refused by name", (_, bytes, message) => expect(refusal(bytes)).toMatch(message));

  test("a file cut short anywhere is told from a whole one", () => {
    for (let length = 1; length < whole.length; length += length < 2000 ? 1 : 97) {
      expect(refusal(whole.subarray(0, length)), `${length} bytes`).toMatch(
        /reading model net.onnx: truncated or damaged/,
      );
    }
    expect(refusal(whole)).toBe("accepted");
  });

  test("random bytes, with or without a plausible beginning, are refused at once", () => {
    const random = new Random(2);
    const start = performance.now();
    for (let i = 0; i < 300; i++) {
      const bytes = Uint8Array.from({ length: 1 + random.integer(3000) }, () => random.integer(256));
      if (i % 2) bytes.set([0x08, 0x08]);
      expect(refusal(bytes)).not.toBe("accepted");
    }
    expect(performance.now() - start).toBeLessThan(3000);
  });

  test("a damaged byte gives a model or a UserError, never another error", () => {
    const random = new Random(3);
    for (let i = 0; i < 500; i++) {
      const bytes = Uint8Array.from(whole);
      bytes[random.integer(bytes.length)] = random.integer(256);
      refusal(bytes);
    }
  });

  test("lengths beyond the file and endless nesting cost nothing", () => {
    const header = [0x08, 0x08];
    const huge = new BinaryWriter()
      .uint32((7 << 3) | 2)
      .uint32(0xfffffff0)
      .finish();
    expect(refusal(Uint8Array.from([...header, ...huge, 1, 2, 3]))).toMatch(/truncated or damaged/);
    let nested = new Uint8Array(0); // graph > node > attribute > graph > ...
    for (let depth = 0; depth < 3000; depth++) {
      const field = depth === 2999 ? 7 : [1, 5, 6][(2999 - depth + 2) % 3];
      nested = Buffer.concat([
        new BinaryWriter()
          .uint32((field << 3) | 2)
          .uint32(nested.length)
          .finish(),
        nested,
      ]);
    }
    expect(refusal(Uint8Array.from([...header, ...nested]))).toMatch(/truncated or damaged.*depth/);
  });

  test("files that cannot be read are named", async () => {
    mkdirSync(join(folder, "sub.onnx"));
    await expect(readModel(join(folder, "none.onnx"))).rejects.toThrow(/reading model .*none.onnx: no such file/);
    await expect(readModel(join(folder, "sub.onnx"))).rejects.toThrow(/it is a folder/);
    writeFileSync(join(folder, "vast.onnx"), "");
    truncateSync(join(folder, "vast.onnx"), 3 * 2 ** 30); // takes no space
    await expect(readModel(join(folder, "vast.onnx"))).rejects.toThrow(/more than 2 GB/);
  });
});

test("writing replaces a model as a whole and leaves nothing else behind", async () => {
  const path = join(folder, "new", "net.onnx");
  const model = smallNet();
  await writeModel(model, path);
  await writeModel(tap(model, [{ name: "/stem/Relu_output_0", dtype: "float32", shape: ["n", 4, 8, 8] }]), path);
  const read = await readModel(path);
  expect(read.proto.graph!.output.map(({ name }) => name)).toEqual(["logits", "/stem/Relu_output_0"]);
  expect(readdirSync(join(folder, "new"))).toEqual(["net.onnx"]);
  mkdirSync(join(folder, "taken.onnx"));
  await expect(writeModel(model, join(folder, "taken.onnx"))).rejects.toThrow(/writing .*taken.onnx: it is a folder/);
  expect(readdirSync(folder).filter((name) => name.includes("tmp"))).toEqual([]);
  const x = normal([2, 3, 8, 8]);
  expect((await run(read, { x })).logits).toEqual((await run(model, { x })).logits);
});

describe("a model that claims what cannot be", () => {
  const refusalOf = (change: (graph: GraphProto) => Partial<GraphProto>) => {
    const model = smallNet();
    const graph = model.proto.graph!;
    const bytes = encodeModel(withProto(model, derive(model.proto, { graph: derive(graph, change(graph)) })));
    return () => decodeModel(bytes);
  };

  test.each([
    ["2^63 - 1", [2n ** 63n - 1n]],
    ["2^40 x 2^40", [2n ** 40n, 2n ** 40n]],
    ["-1", [4n, -1n]],
  ])("a weight of %s numbers", (_, dims) => {
    const refused = refusalOf(({ initializer: [first, ...rest] }) => ({
      initializer: [derive(first, { dims }), ...rest],
    }));
    expect(refused).toThrow(UserError);
    expect(refused).toThrow('tensor "stem.conv.weight" has the shape');
  });

  test("an input of 2^63 - 1 channels", () => {
    const refused = refusalOf(() => ({
      input: [valueInfo("x", 1, ["n", 3])].map((info) => {
        const type = info.type!.value.value as { shape: { dim: { value: unknown }[] } };
        type.shape.dim[1].value = { case: "dimValue", value: 2n ** 63n - 1n };
        return info;
      }),
    }));
    expect(refused).toThrow(UserError);
    expect(refused).toThrow('"x" has the shape [9223372036854775807]');
  });

  test("graphs within graphs, 300 deep", () => {
    const { graph } = branchingNet().proto;
    const holder = graph!.node.find(({ opType }) => opType === "If")!;
    const [branch, ...others] = holder.attribute;
    const around = (inner: GraphProto) => derive(holder, { attribute: [derive(branch, { g: inner }), ...others] });
    let inner = branch.g!;
    for (let level = 0; level < 300; level++) inner = derive(inner, { node: [around(inner)] });
    const refused = refusalOf(() => ({ node: [around(inner)] }));
    expect(refused).toThrow(UserError);
    expect(refused).toThrow("maximum recursion depth of 100");
  });
});

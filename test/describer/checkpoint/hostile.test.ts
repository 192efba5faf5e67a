/** Checkpoints made to harm: none of them runs anything, reads out of bounds, hangs or fills the memory; each is refused in one line. */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import { readCheckpoint } from "../../../src/describer/checkpoint/checkpoint.js";
import { call, encode, languageModel, NUMBERS, pickle, raw, tensor, zip } from "./forge.js";
import { checkpoint, temporary } from "./temporary.js";

async function expectRefusal(path: string, reason: RegExp | string): Promise<void> {
  const error = await readCheckpoint(path).then(
    () => expect.fail("the file was accepted"),
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toMatch(reason);
  expect(error.message).toMatch(/^reading \S+: [^\n]+; expected [^\n]+$/);
}

const good = { weight: tensor("0", [2, 2], [2, 1]) };

test("the forged file is otherwise right", async () => {
  const { tensors } = await readCheckpoint(checkpoint(pickle(languageModel(good))));
  expect(tensors.get("weight")).toEqual({ dtype: "float32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
});

describe("code", () => {
  const command = "touch /tmp/milan-was-here";
  test.each([
    ["os.system", call("os", "system", command)],
    ["posix.system", call("posix", "system", command)],
    ["builtins.eval", call("builtins", "eval", command)],
    ["__builtin__.exec", call("__builtin__", "exec", command)],
    ["builtins.getattr", call("builtins", "getattr", call("builtins", "__import__", "os"), "system")],
    ["torch.load", call("torch", "load", command)],
    ["torch.storage._load_from_bytes", call("torch.storage", "_load_from_bytes", command)],
    ["numpyx.core", raw("cnumpyx\ncore\n")],
    ["os.system", raw("(", encode(command), "ios\nsystem\n")], // INST
    ["os.system", raw(encode("os"), encode("system"), [0x93])], // STACK_GLOBAL
  ])("%s is refused by name, wherever it stands", async (name, opcodes) => {
    const inTensor = pickle(languageModel({ weight: opcodes }));
    const inTokenizer = pickle(languageModel(good, { nlp: [{ deep: opcodes }] }));
    const dropped = raw([0x80, 2], "(", opcodes, "t}b", encode(languageModel(good)), "."); // BUILD discards it
    for (const data of [inTensor, inTokenizer, dropped]) {
      const inner = name === "builtins.getattr" ? "builtins.(getattr|__import__)" : name.replaceAll(".", "\\.");
      await expectRefusal(checkpoint(data), new RegExp(`refuses \`${inner}\``));
    }
  });

  test.each([
    ["OBJ", raw("(", "cthinc.config\nConfig\n", "o")],
    ["EXT1", raw([0x82, 1])],
    ["EXT2", raw([0x83, 1, 0])],
    ["EXT4", raw([0x84, 1, 0, 0, 0])],
    ["NEWOBJ_EX", raw([0x92])],
    ["PERSID", raw("Pstorage\n")],
    ["DUP", raw("N2")],
    ["POP", raw("0")],
    ["an unassigned one", raw([0xff])],
  ])("opcode %s is refused", async (_, opcodes) => {
    await expectRefusal(checkpoint(raw([0x80, 2], opcodes, ".")), "opcode");
  });

  test("a name of the tokenizer's libraries is opaque in the tokenizer's data and refused elsewhere", async () => {
    const foreign = raw(call("spacy.util", "load_model", "x"), "}b"); // and given a state
    await readCheckpoint(checkpoint(pickle(languageModel(good, { nlp: [foreign] }))));
    const beside = pickle(languageModel(good, { extra: [[{ deep: foreign }]] }));
    await expectRefusal(checkpoint(beside), "refuses `spacy.util.load_model`");
    const asTokens = pickle(foreign);
    await expectRefusal(checkpoint(asTokens), "refuses `spacy.util.load_model`");
  });

  test("calling what is no function, or with what are no arguments", async () => {
    for (const opcodes of [
      raw(encode("os"), ")R"),
      raw("ctorch\nFloatStorage\n)R"),
      raw("cthinc.config\nConfig\nNR"),
    ]) {
      await expectRefusal(checkpoint(pickle(opcodes)), "call");
    }
  });
});

describe("sizes", () => {
  test.each([
    ["a text longer than the file", raw("X", [0xff, 0xff, 0xff, 0xff], "abc"), "ends too early"],
    ["an integer longer than the file", raw([0x8a, 0xff], "abc"), "ends too early"],
    ["a name without an end", raw("c", "a".repeat(5000), "\nb\n"), "endless name"],
    ["a stack that is empty", raw("."), "empty stack"],
    ["a mark that is missing", raw("t"), "mark"],
    ["a mark as a value", raw("(q\x00"), "empty stack"],
    ["a memo entry that is missing", raw("h\x07"), "does not have"],
    ["items of a list", raw("](NNu"), "no dictionary"],
    ["a key without a value", raw("}(Nu"), "without a value"],
    ["appending to a dictionary", raw("}(Ne"), "no list"],
    ["no end", raw("N"), "ends too early"],
    ["protocol 5", raw([0x80, 5]), "protocol 5"],
  ])("%s", async (_, opcodes, reason) => {
    const isTail = ["a stack that is empty", "no end"].includes(_);
    await expectRefusal(checkpoint(raw([0x80, 2], opcodes, isTail ? "" : ".")), reason);
  });

  test("a hundred thousand nested tuples and a dictionary inside itself", async () => {
    const nested = raw("N", Buffer.alloc(100_000, 0x85));
    const { vocabulary } = await readCheckpoint(checkpoint(pickle(languageModel(good, { nlp: nested }))));
    expect(vocabulary).toEqual(["red", "dog"]);
    await expectRefusal(checkpoint(pickle(nested)), "no dictionary");
    await expectRefusal(checkpoint(pickle(raw("}q\x00", encode("self"), "h\x00s"))), "not a describer");
  });

  test("billions of laughs", async () => {
    const levels = Array.from({ length: 60 }, (_, i) =>
      raw("(", `h${String.fromCharCode(i)}`.repeat(10), "tq", [i + 1]),
    );
    const laughs = raw(encode("ha"), "q\x00", ...levels);
    await expectRefusal(checkpoint(pickle(languageModel({ weight: laughs }))), "no tensor");
    await readCheckpoint(checkpoint(pickle(languageModel(good, { extra: laughs }))));
  });

  test("millions of empty dictionaries", async () => {
    await expectRefusal(checkpoint(raw([0x80, 2], Buffer.alloc(1_500_000, "}"))), "steps");
  });
});

describe("tensors", () => {
  test.each([
    ["beyond its storage", tensor("0", [2, 3], [3, 1])],
    ["beyond its storage by its offset", tensor("0", [2, 2], [2, 1], { offset: 1 })],
    ["an empty one far outside", tensor("0", [0], [1], { offset: 5 })],
    ["a negative stride", tensor("0", [2, 2], [-2, 1], { offset: 2 })],
    ["a negative size", tensor("0", [-2, 2], [2, 1])],
    ["a negative offset", tensor("0", [2], [1], { offset: -1 })],
    ["a fraction as a size", tensor("0", [1.5 as number], [1])],
    ["too few strides", tensor("0", [2, 2], [1])],
    ["a hundred axes", tensor("0", Array(100).fill(1), Array(100).fill(1))],
    ["a storage longer than its entry", tensor("0", [5], [1], { length: 5 })],
    ["a storage of wider numbers than its entry", tensor("0", [4], [1], { storage: "DoubleStorage" })],
    ["an entry that is missing", tensor("1", [4], [1])],
    ["a key out of the archive", tensor("../../etc/passwd", [4], [1])],
    ["a negative length", tensor("0", [1], [1], { length: -4 })],
    ["a storage of objects", tensor("0", [1], [1], { storage: "ObjectStorage" })],
    ["a repeated number, 2^60 times", tensor("0", [2 ** 30, 2 ** 30], [0, 0])],
    ["no storage", call("torch._utils", "_rebuild_tensor_v2", null, 0, [1], [1])],
    ["no arguments", call("torch._utils", "_rebuild_tensor_v2")],
    ["something else", encode("weight")],
  ])("%s", async (_, weight) => {
    await expectRefusal(checkpoint(pickle(languageModel({ weight }))), /tensor|storage/i);
  });

  test("one storage, honest in one tensor and stretched in another", async () => {
    const both = { honest: tensor("0", [4], [1]), stretched: tensor("0", [40], [1], { length: 40 }) };
    await expectRefusal(checkpoint(pickle(languageModel(both))), "16 bytes instead of 160");
  });

  test("a storage shared more often than any model does", async () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`t${i}`, tensor("0", [4], [1])]));
    await expectRefusal(checkpoint(pickle(languageModel(many))), "claim 200 numbers");
  });
});

describe("archives", () => {
  const data = pickle(languageModel(good));
  const archive = (...more: Parameters<typeof zip>[0]) => zip([["data.pkl", data], ["data/0", NUMBERS], ...more]);

  test.each([
    ["repeated", archive(["data/0", NUMBERS]), '"model/data/0" appears twice'],
    ["encrypted", archive(["data/1", NUMBERS, { flags: 1, sizeBytes: 4 }]), '"model/data/1" is encrypted'],
    ["compressed", archive(["data/1", NUMBERS, { method: 8, sizeBytes: 2 ** 31 }]), '"model/data/1" is compressed'],
    [
      "larger than the file",
      archive(["data/1", NUMBERS, { compressedBytes: 2 ** 31, sizeBytes: 2 ** 31 }]),
      "overlap or are longer",
    ],
    ["of no known compression", archive(["data/1", NUMBERS, { method: 99 }]), "compressed"],
    ["named out of the archive", archive(["../../data/1", NUMBERS]), "damaged"],
    ["of two models", archive(["../other/data.pkl", data]), "damaged"],
  ])("an entry that is %s", async (_, bytes, reason) => {
    await expectRefusal(temporary(bytes), reason);
  });

  test("an entry that begins outside the file, or within another's data", async () => {
    for (const offset of [2 ** 31, 40]) {
      const bytes = zip([
        ["data.pkl", data],
        ["data/0", NUMBERS, { offset }],
      ]);
      await expectRefusal(temporary(bytes), '"data/0" is damaged');
    }
  });

  test("many entries over the same bytes", async () => {
    const shared = Buffer.alloc(1000);
    const aliases = Array.from(
      { length: 50 },
      (_, i) => [`data/${i + 2}`, NUMBERS, { compressedBytes: 1000, sizeBytes: 1000, offset: 0 }] as const,
    );
    await expectRefusal(temporary(archive(["data/1", shared], ...aliases)), "overlap");
  });

  test("one changed byte in the weights", async () => {
    const bytes = archive();
    bytes[bytes.indexOf(Buffer.from(NUMBERS))] ^= 1;
    await expectRefusal(temporary(bytes), '"data/0" is damaged (its checksum does not fit)');
  });

  test("truncations", async () => {
    const bytes = archive();
    for (let length = 0; length < bytes.length; length += 37) {
      await expectRefusal(temporary(bytes.subarray(0, length)), /empty|something|zip/);
    }
  });

  test("gzip bombs and torn gzip files", async () => {
    await expectRefusal(temporary(gzipSync(Buffer.alloc(20_000_000))), "unpacks to more than");
    await expectRefusal(temporary(gzipSync(archive()).subarray(0, 100)), "damaged or truncated");
  });

  test("a gzipped checkpoint is read", async () => {
    expect((await readCheckpoint(temporary(gzipSync(archive())))).tensors.size).toBe(1);
  });
});

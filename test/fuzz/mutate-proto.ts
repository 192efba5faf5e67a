/** Spoils protobuf messages field by field, so that what comes out is still well formed and gets past the decoder. */
import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { clone, create, ScalarType } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import type { Random } from "../../src/base/random.js";
import { chance, NUMBERS, pick, texts } from "./mutate.js";

/** Every message inside of one, itself included. */
function within(message: ReflectMessage, into: ReflectMessage[] = []): ReflectMessage[] {
  into.push(message);
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    if (field.fieldKind === "message") within(message.get(field), into);
    if (field.fieldKind === "list" && field.listKind === "message")
      for (const item of message.get(field)) within(item as ReflectMessage, into);
  }
  return into;
}

const WIDE: readonly ScalarType[] = [
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
];
const UNSIGNED: readonly ScalarType[] = [ScalarType.UINT32, ScalarType.UINT64, ScalarType.FIXED32, ScalarType.FIXED64];

function scalar(random: Random, type: ScalarType, names: readonly string[]): unknown {
  if (type === ScalarType.STRING)
    return chance(random, 0.6) ? pick(random, names) : Buffer.from(pick(random, texts())).toString();
  if (type === ScalarType.BYTES)
    return Buffer.from(Array.from({ length: pick(random, [0, 1, 3, 4, 8, 64]) }, () => random.integer(256)));
  if (type === ScalarType.BOOL) return chance(random, 0.5);
  if (type === ScalarType.FLOAT || type === ScalarType.DOUBLE)
    return pick(random, [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e-40, 3e38, 0.5]);
  const value = chance(random, 0.5) ? pick(random, NUMBERS) : BigInt(random.integer(20) - 2);
  const isUnsigned = UNSIGNED.includes(type);
  if (WIDE.includes(type)) return isUnsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value);
  return Number(isUnsigned ? BigInt.asUintN(32, value) : BigInt.asIntN(32, value));
}

/** One value for a field, or for one more place of a list. */
function valueFor(random: Random, field: DescField, all: readonly ReflectMessage[], names: readonly string[]): unknown {
  const schema = field.message;
  if (schema) {
    const alike = all.filter(({ desc }) => desc.typeName === schema.typeName);
    return alike.length > 0 && chance(random, 0.9) ? copied(pick(random, alike)) : reflect(schema, create(schema));
  }
  if (field.enum) return pick(random, [0, 1, 2, 3, 8, 16, 99, -1, 2 ** 31 - 1]);
  return scalar(random, field.scalar as ScalarType, names);
}

const copied = ({ desc, message }: ReflectMessage) => reflect(desc, clone(desc, message));

function change(random: Random, all: readonly ReflectMessage[], names: readonly string[]): void {
  const message = pick(random, all);
  const set = message.fields.filter((field) => message.isSet(field));
  const field = set.length > 0 && chance(random, 0.75) ? pick(random, set) : pick(random, message.fields);
  if (field.fieldKind === "map") return;
  if (chance(random, 0.12)) {
    message.clear(field);
    return;
  }
  if (field.fieldKind !== "list") {
    message.set(field, valueFor(random, field, all, names));
    return;
  }
  const list = message.get(field);
  const at = random.integer(Math.max(1, list.size));
  const kept = list.size > 0 ? list.get(at) : valueFor(random, field, all, names);
  switch (random.integer(5)) {
    case 0:
      list.set(at, valueFor(random, field, all, names));
      return;
    case 1:
      for (let left = pick(random, [1, 2, 60]); left > 0; left--)
        list.add(typeof kept === "object" && "desc" in (kept as object) ? copied(kept as ReflectMessage) : kept);
      return;
    case 2: {
      const items = [...list].filter((_, i) => i !== at);
      list.clear();
      for (const item of items) list.add(item);
      return;
    }
    case 3: {
      const items = [...list].reverse();
      list.clear();
      for (const item of items) list.add(item);
      return;
    }
    default:
      list.add(valueFor(random, field, all, names));
  }
}

/** A copy of a message with one to six fields spoilt, anywhere in it. @param names texts that mean something in it. */
export function spoilMessage<M extends Message>(
  random: Random,
  schema: DescMessage,
  sample: M,
  names: readonly string[],
): M {
  const copy = clone(schema, sample) as M;
  const root = reflect(schema, copy);
  for (let left = 1 + random.integer(pick(random, [1, 2, 6])); left > 0; left--) {
    try {
      change(random, within(root), names);
    } catch {} // a value that the field's type refuses
  }
  return copy;
}

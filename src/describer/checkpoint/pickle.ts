/**
 * The pickle machine without the part that makes pickles dangerous. A pickle is a program for a stack machine, and
 * Python's runs whatever functions the program names. This one has the opcodes that `torch.save` writes and no others; what
 * a name, a call, a state or a persistent identifier means is decided by a `World`, which knows a closed list of names
 * and answers with plain data.
 *
 * Nothing recurses, so nesting is free; the number of steps is bounded.
 */
import { Machine, Opaque, PickleError, type Value } from "./machine.js";

/** Decides what a pickle may name and what its calls mean. Every method may throw a `PickleError`. */
export interface World {
  /** The value of a global name such as `torch.FloatStorage`. */
  find(name: string): Value;
  /** The result of calling `callee`, a function or a class. */
  call(callee: Value, args: readonly Value[]): Value;
  /** The object after its state was set. */
  build(object: Value, state: Value): Value;
  /** The object of a persistent identifier. */
  load(id: Value): Value;
}

/** A describer takes about ten thousand. The limit keeps a hostile file from filling the memory with empty objects. */
const MAX_STEPS = 1_000_000;

const STOP = 0x2e;

/** The closed list: what each opcode does. */
const OPCODES: Record<number, (m: Machine, world: World) => void> = {
  128: (m) => expectProtocol2(m.uint8()),
  40: (m) => m.mark(),
  // constants
  78: (m) => m.push(null),
  136: (m) => m.push(true),
  137: (m) => m.push(false),
  75: (m) => m.push(m.uint8()), // BININT1
  77: (m) => m.push(m.uint16()), // BININT2
  74: (m) => m.push(m.int32()), // BININT
  138: (m) => m.push(m.integer(m.uint8())), // LONG1
  71: (m) => m.push(m.float64()), // BINFLOAT
  88: (m) => m.push(m.text(m.uint32())), // BINUNICODE
  // containers
  125: (m) => m.push(new Map()), // EMPTY_DICT
  93: (m) => m.push([]), // EMPTY_LIST
  41: (m) => m.push([]), // EMPTY_TUPLE
  133: (m) => m.push(m.popMany(1)), // TUPLE1
  134: (m) => m.push(m.popMany(2)), // TUPLE2
  135: (m) => m.push(m.popMany(3)), // TUPLE3
  116: (m) => m.push(m.popToMark()), // TUPLE
  97: (m) => append(m.popMany(1), m.top()), // APPEND
  101: (m) => append(m.popToMark(), m.top()), // APPENDS
  115: (m) => setItems(m.popMany(2), m.top()), // SETITEM
  117: (m) => setItems(m.popToMark(), m.top()), // SETITEMS
  // memo
  113: (m) => m.remember(m.uint8()), // BINPUT
  114: (m) => m.remember(m.uint32()), // LONG_BINPUT
  104: (m) => m.recall(m.uint8()), // BINGET
  106: (m) => m.recall(m.uint32()), // LONG_BINGET
  // what the world decides
  99: (m, world) => m.push(world.find(`${m.line()}.${m.line()}`)), // GLOBAL
  82: (m, world) => m.push(call(m.popMany(2), world)), // REDUCE
  129: (m, world) => m.push(call(m.popMany(2), world)), // NEWOBJ
  98: (m, world) => m.push(build(m.popMany(2), world)), // BUILD
  81: (m, world) => m.push(world.load(m.pop())), // BINPERSID
  // never written by torch.save; looked up only so that the refusal can name what they ask for
  105: (m, world) => refuse("INST", world.find(`${m.line()}.${m.line()}`)),
  147: (m, world) => refuse("STACK_GLOBAL", world.find(m.popMany(2).join("."))),
};

/** Runs a protocol 2 pickle and returns the value it leaves. Errors: `PickleError`. */
export function unpickle(bytes: Uint8Array, world: World): Value {
  const machine = new Machine(bytes);
  for (let step = 0; step < MAX_STEPS; step++) {
    const code = machine.uint8();
    if (code === STOP) return machine.pop();
    const run = OPCODES[code];
    if (!run) throw new PickleError(`its pickle uses opcode 0x${code.toString(16)}, which torch.save never writes`);
    run(machine, world);
  }
  throw new PickleError(`its pickle takes more than ${MAX_STEPS} steps`);
}

function expectProtocol2(protocol: number): void {
  if (protocol !== 2) throw new PickleError(`its pickle has protocol ${protocol}; torch.save writes 2`);
}

function append(items: readonly Value[], list: Value): void {
  if (list instanceof Opaque) return;
  if (!Array.isArray(list)) throw new PickleError("its pickle appends to something that is no list");
  for (const item of items) list.push(item);
}

function setItems(items: readonly Value[], dict: Value): void {
  if (dict instanceof Opaque) return;
  if (!(dict instanceof Map)) throw new PickleError("its pickle sets items of something that is no dictionary");
  if (items.length % 2 !== 0) throw new PickleError("its pickle sets a key without a value");
  for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
}

function call([callee, args]: readonly Value[], world: World): Value {
  if (!Array.isArray(args)) throw new PickleError("its pickle makes a call without arguments");
  return world.call(callee, args);
}

function build([object, state]: readonly Value[], world: World): Value {
  return world.build(object, state);
}

function refuse(opcode: string, _asked: Value): never {
  throw new PickleError(`its pickle uses opcode ${opcode}, which torch.save never writes`);
}

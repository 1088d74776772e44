import { createHash, randomBytes, randomInt, randomUUID } from "node:crypto";
import bcrypt from "bcryptjs";
import type { GeneratorKind, InputRule } from "../rpc/generator.ts";
import type { PlainBag } from "../rpc/values.ts";
import { petName } from "./pets.ts";
import { randomText, refuseString, shuffled } from "./strings.ts";

const keepers: InputRule = { type: "map" };
const seed: InputRule = { type: "string" };

const stringInputs: Record<string, InputRule> = {
  keepers,
  length: { type: "number", required: true },
  lower: { type: "boolean", default: true },
  minLower: { type: "number", default: 0 },
  minNumeric: { type: "number", default: 0 },
  minSpecial: { type: "number", default: 0 },
  minUpper: { type: "number", default: 0 },
  number: { type: "boolean" },
  numeric: { type: "boolean", default: true },
  overrideSpecial: { type: "string" },
  special: { type: "boolean", default: true },
  upper: { type: "boolean", default: true },
};

function numberAt(inputs: PlainBag, key: string): number {
  const value = inputs[key];
  if (typeof value !== "number") throw new Error(`"${key}" must be a number`);
  return value;
}

function textAt(inputs: PlainBag, key: string): string {
  const value = inputs[key];
  return typeof value === "string" ? value : "";
}

/** A repeatable source when a seed is given; the order differs from the real provider's, which uses Go's. */
function seeded(text: string): (below: number) => number {
  let counter = 0;
  return (below) => {
    const digest = createHash("sha256").update(`${text}:${counter++}`).digest();
    return Number(digest.readBigUInt64BE() % BigInt(below));
  };
}

function imported(defaults: Record<string, InputRule>, result: string): PlainBag {
  const inputs: PlainBag = { length: result.length };
  for (const [key, rule] of Object.entries(defaults)) {
    if (typeof rule.default === "boolean" || typeof rule.default === "number") inputs[key] = rule.default;
  }
  return inputs;
}

// bcrypt reads 72 bytes; the real provider cuts there too. Ten rounds is its cost.
const hashOf = (text: string): Promise<string> =>
  bcrypt.hash(Buffer.from(text).subarray(0, 72).toString(), 10);

const password: GeneratorKind = {
  inputs: stringInputs,
  outputs: ["result", "bcryptHash"],
  secret: ["result", "bcryptHash"],
  refuse: refuseString,
  make: async (inputs) => {
    const result = randomText(inputs);
    return { id: "none", outputs: { result, bcryptHash: await hashOf(result) } };
  },
  adopt: async (result) => ({
    id: "none",
    inputs: imported(stringInputs, result),
    outputs: { result, bcryptHash: await hashOf(result) },
  }),
};

const string: GeneratorKind = {
  inputs: stringInputs,
  outputs: ["result"],
  secret: [],
  refuse: refuseString,
  make: async (inputs) => {
    const result = randomText(inputs);
    return { id: result, outputs: { result } };
  },
  adopt: async (result) => ({ id: result, inputs: imported(stringInputs, result), outputs: { result } }),
};

const bytes: GeneratorKind = {
  inputs: { keepers, length: { type: "number", required: true } },
  outputs: ["base64", "hex"],
  secret: ["base64", "hex"],
  make: async (inputs) => {
    const made = randomBytes(numberAt(inputs, "length"));
    return { id: "none", outputs: { base64: made.toString("base64"), hex: made.toString("hex") } };
  },
  adopt: async (id) => {
    const made = Buffer.from(id, "base64");
    return {
      id: "none",
      inputs: { length: made.length },
      outputs: { base64: made.toString("base64"), hex: made.toString("hex") },
    };
  },
};

function idOutputs(made: Buffer, prefix: string): PlainBag {
  const hex = made.toString("hex");
  return {
    b64Std: prefix + made.toString("base64"),
    b64Url: prefix + made.toString("base64url"),
    dec: prefix + BigInt(`0x${hex}`).toString(),
    hex: prefix + hex,
  };
}

const id: GeneratorKind = {
  inputs: { keepers, byteLength: { type: "number", required: true }, prefix: { type: "string" } },
  outputs: ["b64Std", "b64Url", "dec", "hex"],
  secret: [],
  make: async (inputs) => {
    const made = randomBytes(numberAt(inputs, "byteLength"));
    return { id: made.toString("base64url"), outputs: idOutputs(made, textAt(inputs, "prefix")) };
  },
  adopt: async (given) => {
    const comma = given.lastIndexOf(",");
    const prefix = comma < 0 ? "" : given.slice(0, comma);
    const made = Buffer.from(given.slice(comma + 1), "base64url");
    const inputs: PlainBag =
      prefix === "" ? { byteLength: made.length } : { byteLength: made.length, prefix };
    return { id: made.toString("base64url"), inputs, outputs: idOutputs(made, prefix) };
  },
};

const pet: GeneratorKind = {
  inputs: {
    keepers,
    length: { type: "number", default: 2 },
    prefix: { type: "string" },
    separator: { type: "string", default: "-" },
  },
  outputs: [],
  secret: [],
  make: async (inputs) => {
    const prefix = textAt(inputs, "prefix");
    const words = petName(numberAt(inputs, "length"));
    return {
      id: (prefix === "" ? words : [prefix, ...words]).join(textAt(inputs, "separator")),
      outputs: {},
    };
  },
};

function uuid(make: () => string): GeneratorKind {
  return {
    inputs: { keepers },
    outputs: ["result"],
    secret: [],
    make: async () => {
      const result = make();
      return { id: result, outputs: { result } };
    },
    adopt: async (result) => ({ id: result, inputs: {}, outputs: { result } }),
  };
}

/** A version 7 UUID: 48 bits of milliseconds, then random bits (RFC 9562, section 5.7). */
function uuid7(): string {
  const made = randomBytes(16);
  made.writeUIntBE(Date.now(), 0, 6);
  made.writeUInt8((made.readUInt8(6) & 0x0f) | 0x70, 6);
  made.writeUInt8((made.readUInt8(8) & 0x3f) | 0x80, 8);
  return made.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const integer: GeneratorKind = {
  inputs: { keepers, max: { type: "number", required: true }, min: { type: "number", required: true }, seed },
  outputs: ["result"],
  secret: [],
  refuse: ({ min, max }) =>
    typeof min === "number" && typeof max === "number" && min > max
      ? [{ property: "min", reason: `min is ${min}, more than max, which is ${max}` }]
      : [],
  make: async (inputs) => {
    const min = numberAt(inputs, "min");
    const given = textAt(inputs, "seed");
    const random = given === "" ? randomInt : seeded(given);
    const result = min + random(numberAt(inputs, "max") - min + 1);
    return { id: String(result), outputs: { result } };
  },
};

const shuffle: GeneratorKind = {
  inputs: { keepers, inputs: { type: "strings", required: true }, resultCount: { type: "number" }, seed },
  outputs: ["results"],
  secret: [],
  make: async (inputs) => {
    const items = Array.isArray(inputs.inputs) ? inputs.inputs : [];
    const wanted = typeof inputs.resultCount === "number" ? inputs.resultCount : items.length;
    const given = textAt(inputs, "seed");
    const random = given === "" ? randomInt : seeded(given);
    const results = [];
    while (items.length > 0 && results.length < wanted) results.push(...shuffled(items, random));
    return { id: "-", outputs: { results: results.slice(0, wanted) } };
  },
};

/** Every resource of the random provider, by type token. */
export const randomKinds: ReadonlyMap<string, GeneratorKind> = new Map([
  ["random:index/randomPassword:RandomPassword", password],
  ["random:index/randomString:RandomString", string],
  ["random:index/randomBytes:RandomBytes", bytes],
  ["random:index/randomId:RandomId", id],
  ["random:index/randomPet:RandomPet", pet],
  ["random:index/randomUuid:RandomUuid", uuid(randomUUID)],
  ["random:index/randomUuid4:RandomUuid4", uuid(randomUUID)],
  ["random:index/randomUuid7:RandomUuid7", uuid(uuid7)],
  ["random:index/randomInteger:RandomInteger", integer],
  ["random:index/randomShuffle:RandomShuffle", shuffle],
]);

import bcrypt from "bcryptjs";
import { describe, expect, it } from "vitest";
import { randomProvider } from "../../sandbox/engine/random/index.ts";
import { type Bag, computed, type PlainBag, Secret, toPlain } from "../../sandbox/engine/rpc/values.ts";

const provider = randomProvider("0.0.0")({ status: () => {}, info: () => {}, warning: () => {} }, () => ".");
const target = (kind: string) => {
  const type = `random:index/${kind.charAt(0).toLowerCase()}${kind.slice(1)}:${kind}`;
  return { urn: `urn:pulumi:s::p::${type}::x`, type, name: "x" };
};

async function check(kind: string, news: Bag) {
  return provider.check({ ...target(kind), olds: {}, news, randomSeed: new Uint8Array() });
}

async function make(kind: string, news: Bag): Promise<{ id: string; bag: Bag; plain: PlainBag }> {
  const { inputs, failures } = await check(kind, news);
  expect(failures).toEqual([]);
  const { id, outputs } = await provider.create({
    ...target(kind),
    news: inputs,
    preview: false,
    timeout: 0,
  });
  return { id, bag: outputs, plain: toPlain(outputs) };
}

async function adopt(kind: string, id: string) {
  const found = await provider.read({ ...target(kind), id, inputs: {}, outputs: {}, timeout: 0 });
  if (found === undefined) throw new Error("not found");
  return { id: found.id, plain: toPlain(found.outputs), inputs: toPlain(found.inputs) };
}

describe("random values", () => {
  it("makes a password by its rules, secret, with its bcrypt hash", async () => {
    const { id, bag, plain } = await make("RandomPassword", {
      length: 40,
      special: false,
      minUpper: 5,
      minNumeric: 5,
    });
    const result = String(plain.result);
    expect(id).toBe("none");
    expect(result).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(result.replace(/[^A-Z]/g, "").length).toBeGreaterThanOrEqual(5);
    expect([bag.result, bag.bcryptHash].every((value) => value instanceof Secret)).toBe(true);
    expect(await bcrypt.compare(result, String(plain.bcryptHash))).toBe(true);
  });

  it("uses every character of an overriding set and none other", async () => {
    const { plain } = await make("RandomString", {
      length: 200,
      upper: false,
      lower: false,
      numeric: false,
      overrideSpecial: "-_",
    });
    expect(new Set(String(plain.result))).toEqual(new Set(["-", "_"]));
  });

  it.each<[string, Bag, RegExp]>([
    ["RandomId", { byteLength: 4 }, /^[\w-]{6}$/],
    ["RandomPet", { length: 3, prefix: "p" }, /^p-[a-z]+-[a-z]+-[a-z]+$/],
    ["RandomUuid", {}, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
    ["RandomUuid7", {}, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
    ["RandomInteger", { min: 3, max: 5 }, /^[345]$/],
    ["RandomShuffle", { inputs: ["a", "b"], resultCount: 5 }, /^-$/],
  ])("makes a %s whose id is as the real provider's", async (kind, news, id) => {
    expect((await make(kind, news)).id).toMatch(id);
  });

  it("gives every form of the same bytes", async () => {
    const { plain } = await make("RandomId", { byteLength: 8, prefix: "x-" });
    const bytes = Buffer.from(String(plain.hex).slice(2), "hex");
    expect(plain).toMatchObject({
      b64Std: `x-${bytes.toString("base64")}`,
      b64Url: `x-${bytes.toString("base64url")}`,
      dec: `x-${bytes.readBigUInt64BE()}`,
    });
    const secret = await make("RandomBytes", { length: 32 });
    expect(secret.bag.base64).toBeInstanceOf(Secret);
    expect(Buffer.from(String(secret.plain.base64), "base64").toString("hex")).toBe(secret.plain.hex);
  });

  it("repeats a shuffle and a number for the same seed", async () => {
    const inputs = { inputs: ["a", "b", "c", "d", "e", "f"], seed: "s" };
    expect((await make("RandomShuffle", inputs)).plain.results).toEqual(
      (await make("RandomShuffle", inputs)).plain.results,
    );
    const number = { min: 0, max: 1e6, seed: "s" };
    expect((await make("RandomInteger", number)).plain.result).toBe(
      (await make("RandomInteger", number)).plain.result,
    );
  });

  it.each([
    ["RandomPassword", "my password", { result: "my password" }, { length: 11 }],
    ["RandomBytes", Buffer.from("abc").toString("base64"), { hex: "616263" }, { length: 3 }],
    [
      "RandomId",
      `x-,${Buffer.from("abc").toString("base64url")}`,
      { hex: "x-616263" },
      { byteLength: 3, prefix: "x-" },
    ],
    ["RandomString", "word", { result: "word" }, { length: 4 }],
  ])("imports a %s by its value", async (kind, id, outputs, inputs) => {
    const found = await adopt(kind, id);
    expect(found.plain).toMatchObject(outputs);
    expect(found.inputs).toMatchObject(inputs);
    const again = await check(kind, inputs);
    const diff = {
      ...target(kind),
      id: found.id,
      oldInputs: found.inputs,
      oldOutputs: {},
      news: again.inputs,
      ignoreChanges: [],
    };
    expect(await provider.diff(diff)).toEqual({ changes: [] });
  });

  it.each<[Bag, string]>([
    [{}, 'needs "length"'],
    [{ length: 0 }, "length is 0; it must be a whole number of at least 1"],
    [{ length: 2, minUpper: 3 }, "length is 2, the minima together need 3"],
    [{ length: "9" }, '"length" of random:index/randomPassword:RandomPassword must be a number'],
    [{ length: 9, lenght: 9 }, 'has no property "lenght"; it has keepers, length'],
    [{ length: 9, upper: false, lower: false, numeric: false, special: false }, "are off; turn one on"],
  ])("refuses %o", async (news, reason) => {
    expect((await check("RandomPassword", news)).failures.map((failure) => failure.reason).join()).toContain(
      reason,
    );
  });

  it("is made anew for every changed input, and unknown until then", async () => {
    const { inputs } = await check("RandomPassword", { length: 9, keepers: { a: "1" } });
    const news = { ...inputs, keepers: { a: "2" } };
    const diff = {
      ...target("RandomPassword"),
      id: "none",
      oldInputs: inputs,
      oldOutputs: {},
      news,
      ignoreChanges: [],
    };
    expect((await provider.diff(diff)).changes).toEqual([{ path: "keepers", kind: "update", replace: true }]);
    const preview = await provider.create({ ...target("RandomPassword"), news, preview: true, timeout: 0 });
    expect(preview.outputs.result).toEqual(new Secret(computed));
  });

  it("refuses a type and a setting that it does not know", async () => {
    await expect(check("RandomWord", {})).rejects.toThrow(
      /does not know random:index\/randomWord:RandomWord; it knows random:index\/randomPassword/,
    );
    const settings = await provider.checkConfig({
      ...target("x"),
      olds: {},
      news: { seed: "x" },
      randomSeed: new Uint8Array(),
    });
    expect(settings.failures[0]?.reason).toContain('remove "seed"');
  });
});

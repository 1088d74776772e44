import type { GeneratorKind, InputRule } from "../rpc/generator.ts";
import type { Failure } from "../rpc/provider.ts";
import type { Bag, Plain, PlainBag } from "../rpc/values.ts";
import { algorithmOf, algorithms, curveNames, keyOutputs, newKey, parseKey } from "./keys.ts";

const needed: InputRule = { type: "string", required: true };
const list: InputRule = { type: "strings" };

// Loaded with the first certificate: the library takes 0.2 s, and most programs make none in a preview.
const certificates = () => import("./certificates.ts");

function textAt(inputs: PlainBag, key: string): string {
  const value = inputs[key];
  return typeof value === "string" ? value : "";
}

function oneOf(inputs: PlainBag, key: string, allowed: readonly string[]): Failure[] {
  const value = inputs[key];
  if (typeof value !== "string" || allowed.includes(value)) return [];
  return [{ property: key, reason: `${key} is ${value}; allowed are ${allowed.join(", ")}` }];
}

const privateKey: GeneratorKind = {
  inputs: {
    algorithm: needed,
    ecdsaCurve: { type: "string", default: "P224" },
    rsaBits: { type: "number", default: 2048 },
  },
  outputs: [
    "privateKeyOpenssh",
    "privateKeyPem",
    "privateKeyPemPkcs8",
    "publicKeyFingerprintMd5",
    "publicKeyFingerprintSha256",
    "publicKeyOpenssh",
    "publicKeyPem",
  ],
  secret: ["privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8"],
  refuse: (inputs) => [...oneOf(inputs, "algorithm", algorithms), ...oneOf(inputs, "ecdsaCurve", curveNames)],
  make: async (inputs) => {
    const bits = typeof inputs.rsaBits === "number" ? inputs.rsaBits : 2048;
    return keyOutputs(await newKey(textAt(inputs, "algorithm"), bits, textAt(inputs, "ecdsaCurve")));
  },
};

const subject: InputRule = { type: "bag" };
const lifetimeInputs: Record<string, InputRule> = {
  allowedUses: { type: "strings", required: true },
  earlyRenewalHours: { type: "number", default: 0 },
  isCaCertificate: { type: "boolean", default: false },
  maxPathLength: { type: "number" },
  setSubjectKeyId: { type: "boolean", default: false },
  validityPeriodHours: { type: "number", required: true },
};

async function refuseCertificate(inputs: PlainBag): Promise<Failure[]> {
  const { allowedUses, subjectKeys } = await certificates();
  const uses: Plain[] = Array.isArray(inputs.allowedUses) ? inputs.allowedUses : [];
  const wrong = uses.filter((use) => typeof use !== "string" || !allowedUses.includes(use));
  const given = inputs.subject;
  const unknown =
    typeof given === "object" && given !== null
      ? Object.keys(given).filter((key) => !subjectKeys.includes(key))
      : [];
  return [
    ...wrong.map((use) => ({
      property: "allowedUses",
      reason: `${String(use)} is no use; allowed are ${allowedUses.join(", ")}`,
    })),
    ...unknown.map((key) => ({
      property: "subject",
      reason: `subject has no "${key}"; it has ${subjectKeys.join(", ")}`,
    })),
  ];
}

function endsSoon(outputs: PlainBag, early: unknown): boolean {
  const end = Date.parse(textAt(outputs, "validityEndTime"));
  const hours = typeof early === "number" ? early : 0;
  return Number.isFinite(end) && end - hours * 3_600_000 <= Date.now();
}

/** What both kinds of certificate do when their end comes near: they are made anew. */
const renewal = {
  mutable: ["earlyRenewalHours"],
  refresh: (inputs: PlainBag, outputs: PlainBag) => ({
    readyForRenewal: endsSoon(outputs, inputs.earlyRenewalHours),
  }),
  outdated: (outputs: PlainBag, news: Bag) =>
    endsSoon(outputs, news.earlyRenewalHours) ? "readyForRenewal" : undefined,
};

const selfSignedCert: GeneratorKind = {
  inputs: {
    ...lifetimeInputs,
    dnsNames: list,
    ipAddresses: list,
    privateKeyPem: needed,
    setAuthorityKeyId: { type: "boolean", default: false },
    subject,
    uris: list,
  },
  outputs: ["certPem", "keyAlgorithm", "readyForRenewal", "validityEndTime", "validityStartTime"],
  secret: ["privateKeyPem"],
  refuse: refuseCertificate,
  make: async (inputs) =>
    (await certificates()).selfSigned(inputs, parseKey(textAt(inputs, "privateKeyPem"))),
  ...renewal,
};

const certRequest: GeneratorKind = {
  inputs: { dnsNames: list, ipAddresses: list, privateKeyPem: needed, subject, uris: list },
  outputs: ["certRequestPem", "keyAlgorithm"],
  secret: ["privateKeyPem"],
  refuse: refuseCertificate,
  make: async (inputs) => {
    const key = parseKey(textAt(inputs, "privateKeyPem"));
    const certRequestPem = await (await certificates()).certificateRequest(inputs, key);
    return { id: keyOutputs(key).id, outputs: { certRequestPem, keyAlgorithm: algorithmOf(key) } };
  },
};

const locallySignedCert: GeneratorKind = {
  inputs: { ...lifetimeInputs, caCertPem: needed, caPrivateKeyPem: needed, certRequestPem: needed },
  outputs: ["caKeyAlgorithm", "certPem", "readyForRenewal", "validityEndTime", "validityStartTime"],
  secret: ["caPrivateKeyPem"],
  refuse: refuseCertificate,
  make: async (inputs) =>
    (await certificates()).locallySigned(inputs, parseKey(textAt(inputs, "caPrivateKeyPem"))),
  ...renewal,
};

/** Every resource of the tls provider, by type token. */
export const tlsKinds: ReadonlyMap<string, GeneratorKind> = new Map([
  ["tls:index/privateKey:PrivateKey", privateKey],
  ["tls:index/selfSignedCert:SelfSignedCert", selfSignedCert],
  ["tls:index/certRequest:CertRequest", certRequest],
  ["tls:index/locallySignedCert:LocallySignedCert", locallySignedCert],
]);

async function getPublicKey(args: PlainBag): Promise<PlainBag> {
  const pem = textAt(args, "privateKeyPem");
  if (pem === "") throw new Error("getPublicKey: the sandbox's stand-in takes privateKeyPem only");
  const { id, outputs } = keyOutputs(parseKey(pem));
  const { privateKeyOpenssh: _, privateKeyPemPkcs8: __, ...rest } = outputs;
  return { id, ...rest, privateKeyPem: pem };
}

export const tlsFunctions: ReadonlyMap<string, (args: PlainBag) => Promise<PlainBag>> = new Map([
  ["tls:index/getPublicKey:getPublicKey", getPublicKey],
]);

/** Small servers that speak just enough of a protocol, over real TLS, to be written to and read from. */
import { webcrypto } from "node:crypto";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTls, TLSSocket } from "node:tls";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

export interface Identity {
  readonly caPem: string;
  readonly cert: string;
  readonly key: string;
}

export interface Fake {
  readonly port: number;
  close(): void;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A certificate for `names`, signed by a new authority called `authority`. */
export async function identity(authority: string, names: readonly string[]): Promise<Identity> {
  x509.cryptoProvider.set(webcrypto);
  const [caKeys, keys] = await Promise.all([generate(), generate()]);
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: `CN=${authority}`,
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const leaf = await x509.X509CertificateGenerator.create({
    ...validity,
    subject: `CN=${names[0] ?? "nobody"}`,
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value }))),
    ],
  });
  const exported = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    caPem: ca.toString("pem"),
    cert: leaf.toString("pem"),
    key: x509.PemConverter.encode(exported, "PRIVATE KEY"),
  };
}

function generate(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

/** Keeps what is written. `deaf` accepts a connection and never answers; `hears` is told each command. */
export async function fakeRedis(
  tls: Identity,
  deaf = false,
  hears: (command: readonly string[]) => void = () => undefined,
): Promise<Fake> {
  const values = new Map<string, string>();
  const answer = ([name = "", key = "", value = "", how = ""]: readonly string[]): string => {
    switch (name.toLowerCase()) {
      case "set":
        if (how === "NX" && values.has(key)) return "$-1\r\n";
        values.set(key, value);
        return "+OK\r\n";
      case "get": {
        const found = values.get(key);
        return found === undefined ? "$-1\r\n" : `$${Buffer.byteLength(found)}\r\n${found}\r\n`;
      }
      case "del":
        return `:${values.delete(key) ? 1 : 0}\r\n`;
      case "info":
        return "$9\r\nloading:0\r\n";
      case "hello":
        return "%1\r\n+proto\r\n:3\r\n";
      default:
        return "+OK\r\n";
    }
  };
  const server = createTls(tls, (socket) => {
    socket.on("error", () => undefined);
    if (deaf) return;
    let rest = "";
    socket.on("data", (bytes) => {
      const read = commands(rest + bytes.toString("utf8"));
      rest = read.rest;
      for (const command of read.found) {
        hears(command);
        socket.write(answer(command));
      }
    });
  });
  return await listening(server);
}

/** The whole commands of a RESP stream, as arrays of bulk strings. */
function commands(stream: string): { found: string[][]; rest: string } {
  const found: string[][] = [];
  let rest = stream;
  for (;;) {
    const lines = rest.split("\r\n");
    const count = Number(lines[0]?.slice(1));
    if (!rest.startsWith("*") || lines.length < 2 * count + 2) return { found, rest };
    found.push(Array.from({ length: count }, (_unused, index) => lines[2 * index + 2] ?? ""));
    rest = lines.slice(2 * count + 1).join("\r\n");
  }
}

/** One table of texts: understands what the check sends, in the extended protocol, and SSLRequest before it. */
export async function fakePostgres(tls: Identity): Promise<Fake> {
  const values = new Map<string, string>();
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write("S");
      const secure = new TLSSocket(socket, { isServer: true, cert: tls.cert, key: tls.key });
      secure.on("error", () => undefined);
      secure.once("data", () => {
        // AuthenticationOk, then ReadyForQuery.
        secure.write(Buffer.concat([message("R", int32(0)), message("Z", Buffer.from("I"))]));
        talk(secure, values);
      });
    });
  });
  return await listening(server);
}

function talk(socket: Socket, values: Map<string, string>): void {
  let rest: Buffer = Buffer.alloc(0);
  let statement = "";
  socket.on("data", (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 5 && rest.length >= rest.readInt32BE(1) + 1) {
      const end = rest.readInt32BE(1) + 1;
      const [type, body] = [String.fromCharCode(rest[0] ?? 0), rest.subarray(5, end)];
      rest = rest.subarray(end);
      if (type === "P") {
        statement = body.toString("utf8").split("\0")[1] ?? "";
        socket.write(message("1", Buffer.alloc(0)));
      } else if (type === "B") {
        socket.write(
          Buffer.concat([message("2", Buffer.alloc(0)), execute(statement, parameters(body), values)]),
        );
      } else if (type === "S") {
        socket.write(message("Z", Buffer.from("I")));
      }
    }
  });
}

/** Of a Bind message: two empty names, no formats, then the values. */
function parameters(body: Buffer): string[] {
  let at = 2 + 2 + 2 * body.readInt16BE(2);
  const count = body.readInt16BE(at);
  at += 2;
  return Array.from({ length: count }, () => {
    const length = body.readInt32BE(at);
    const value = body.toString("utf8", at + 4, at + 4 + length);
    at += 4 + length;
    return value;
  });
}

function execute(statement: string, given: readonly string[], values: Map<string, string>): Buffer {
  const [id = "", value = ""] = given;
  const done = message("C", Buffer.from("OK\0"));
  if (statement.startsWith("insert") && !(statement.includes("do nothing") && values.has(id)))
    values.set(id, value);
  if (statement.startsWith("delete")) values.delete(id);
  const found = values.get(id);
  if (!statement.startsWith("select")) return Buffer.concat([message("n", Buffer.alloc(0)), done]);
  const column = Buffer.concat([
    Buffer.from("value\0"),
    int32(0),
    int16(0),
    int32(25),
    int16(-1),
    int32(-1),
    int16(0),
  ]);
  const head = message("T", Buffer.concat([int16(1), column]));
  if (found === undefined) return Buffer.concat([head, done]);
  const row = message("D", Buffer.concat([int16(1), int32(Buffer.byteLength(found)), Buffer.from(found)]));
  return Buffer.concat([head, row, done]);
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

/** Listens on a free port of loopback. */
export function listening(server: ReturnType<typeof createServer>): Promise<Fake> {
  const open = new Set<Socket>();
  server.on("connection", (socket) => open.add(socket));
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        port,
        close() {
          for (const socket of open) socket.destroy();
          server.close();
        },
      });
    });
  });
}

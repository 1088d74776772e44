import { readFileSync } from "node:fs";
import { connect, type TLSSocket } from "node:tls";
import type { Peer } from "./dicom.ts";

/** An item of a DICOM upper-layer PDU: type, a reserved byte, a length of two bytes (PS3.8, section 9.3.2). */
function item(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt8(type, 0);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** A-ASSOCIATE-RQ (PS3.8, table 9-11) that proposes Verification in implicit VR little endian. */
export function associateRequest(called: string, calling = "PORTOLAN"): Buffer {
  const context = item(
    0x20,
    Buffer.concat([
      Buffer.from([1, 0, 0, 0]),
      item(0x30, Buffer.from("1.2.840.10008.1.1")),
      item(0x40, Buffer.from("1.2.840.10008.1.2")),
    ]),
  );
  const longest = Buffer.alloc(4);
  longest.writeUInt32BE(16_384);
  // The root 2.25 is free for anyone (PS3.5, B.2).
  const user = item(0x50, Buffer.concat([item(0x51, longest), item(0x52, Buffer.from("2.25.1"))]));
  const titles = Buffer.from(called.padEnd(16).slice(0, 16) + calling.padEnd(16).slice(0, 16), "latin1");
  const body = Buffer.concat([
    Buffer.from([0, 1, 0, 0]),
    titles,
    Buffer.alloc(32),
    item(0x10, Buffer.from("1.2.840.10008.3.1.1.1")),
    context,
    user,
  ]);
  const head = Buffer.alloc(6);
  head.writeUInt8(1, 0);
  head.writeUInt32BE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** TLS to a peer without a server name; resolves once the certificate is verified against the peer's authority. */
export function connectWithoutSni(peer: Peer): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect({
    host: peer.address,
    port: peer.port,
    ca: readFileSync(peer.caFile),
    rejectUnauthorized: true,
    // As dcmtk: the authority is verified, the name is looked at by whoever asks.
    checkServerIdentity: () => undefined,
    timeout: 10_000,
  });
  socket.once("secureConnect", () => resolve(socket));
  socket.once("error", reject);
  socket.once("timeout", () =>
    socket.destroy(new Error(`no answer from ${peer.address}:${peer.port} in 10 s`)),
  );
  return promise;
}

/** An association that was accepted and then says nothing. Close it with `destroy`. */
export async function openAssociation(peer: Peer): Promise<TLSSocket> {
  const socket = await connectWithoutSni(peer);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  socket.once("data", resolve);
  socket.once("error", reject);
  socket.once("close", () => reject(new Error("the association was closed before it was accepted")));
  socket.write(associateRequest(peer.aet));
  const type = (await promise)[0];
  if (type !== 2) {
    socket.destroy();
    throw new Error(`the association was not accepted: PDU type ${type}, expected 2 (A-ASSOCIATE-AC)`);
  }
  socket.setTimeout(0);
  // What ends it later (a stopping pod) is what the caller looks at, not an error of its own.
  socket.on("error", () => undefined);
  return socket;
}

/**
 * What Postgres stores of a password (RFC 5802, RFC 7677). Sent in statements instead of the password, because
 * servers log statements: with it nobody can log in, nor learn the password but by guessing.
 */
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** Postgres's own default (`scram_iterations`). */
const iterations = 4096;

/** `salt`: 16 bytes or more, other for each role. The same input gives the same verifier, so runs are repeatable. */
export function scramVerifier(password: string, salt: Buffer): string {
  // SASLprep changes nothing in the base64url alphabet, from which every generated password comes.
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

/** Two calls of Key Vault's own interface, which Azure Resource Manager has no counterpart for. */
import { setTimeout as wait } from "node:timers/promises";

/** `uri` ends with a slash; `token` is for https://vault.azure.net. */
export interface VaultAccess {
  readonly uri: string;
  readonly token: string;
  /** Milliseconds between tries. Default: 15 000, with 40 of which a role that was just given has acted. */
  readonly pauseMs?: number;
}

/** Key Vault REST API, secrets: get and set. */
const version = "7.4";

/** Ten minutes, within which a role that was just given acts. */
const patience = { pauses: 40, pauseMs: 15_000 };

/** Two minutes for an address that answers nothing: the name of a new endpoint takes a while to be known everywhere. */
const unansweredPauses = 8;

/** Milliseconds for one answer. */
const answerTime = 30_000;

/** The kept value, or undefined. Throws when the vault refuses or cannot be reached. */
export async function recall(vault: VaultAccess, secret: string): Promise<string | undefined> {
  const answer = await call(vault, secret, { method: "GET" });
  if (answer.status === 404) return undefined;
  const body = await accepted(answer, vault, secret);
  if (typeof body === "object" && body !== null && "value" in body && typeof body.value === "string") {
    return body.value;
  }
  throw refusal(vault, secret, "an answer without a value", "look at the secret in the portal");
}

export async function write(vault: VaultAccess, secret: string, value: string): Promise<void> {
  const answer = await call(vault, secret, {
    method: "PUT",
    body: JSON.stringify({ value, contentType: "A key that Portolan made once. Data is lost with it." }),
  });
  await accepted(answer, vault, secret);
}

async function call(
  vault: VaultAccess,
  secret: string,
  request: { method: string; body?: string },
): Promise<Response> {
  for (let asked = 0; ; asked += 1) {
    const answer = await ask(vault, secret, request).catch((cause: unknown) => new Unanswered(cause));
    if (answer instanceof Unanswered) {
      if (asked >= unansweredPauses) throw unreachable(vault, secret, answer);
    } else if (asked >= patience.pauses || !(await passing(answer))) return answer;
    await wait(vault.pauseMs ?? patience.pauseMs);
  }
}

function ask(
  { uri, token }: VaultAccess,
  secret: string,
  request: { method: string; body?: string },
): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const url = new URL(`secrets/${secret}?api-version=${version}`, uri);
  return fetch(url, { ...request, headers, signal: AbortSignal.timeout(answerTime) });
}

/** No connection, no name, or no answer in time. */
class Unanswered extends Error {
  constructor(cause: unknown) {
    const inner = cause instanceof Error ? (cause.cause ?? cause) : cause;
    super(inner instanceof Error ? inner.message || inner.name : String(inner), { cause });
  }
}

function unreachable(vault: VaultAccess, secret: string, why: Unanswered): Error {
  return refusal(
    vault,
    secret,
    `no answer (${why.message})`,
    "run where the vault can be reached: inside the network, where cluster.endpoint.access is private",
    why.cause,
  );
}

/** Throttling, an outage, or a role that does not act yet; a firewall's refusal does not pass. */
async function passing(answer: Response): Promise<boolean> {
  if (answer.status === 429 || answer.status >= 500) return true;
  return answer.status === 403 && !(await answer.clone().text()).includes("Firewall");
}

async function accepted(answer: Response, vault: VaultAccess, secret: string): Promise<unknown> {
  if (answer.ok) return answer.json();
  const text = (await answer.text()).slice(0, 300);
  const remedy =
    answer.status === 403
      ? "be in one of portolan:platform.cluster.adminGroupObjectIds, and call from an address the vault lets in"
      : answer.status === 409
        ? `\`az keyvault secret recover --vault-name ${new URL(vault.uri).hostname.split(".")[0]} --name ${secret}\`: it was deleted and can be taken back`
        : "try again";
  throw refusal(vault, secret, `${answer.status} ${text}`, remedy);
}

function refusal(vault: VaultAccess, secret: string, value: string, remedy: string, cause?: unknown): Error {
  return new Error(
    `secret ${secret} of the vault ${vault.uri}\n    value:   ${value}\n    allowed: reading and writing write-once keys\n    remedy:  ${remedy}`,
    { cause },
  );
}

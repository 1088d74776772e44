/** Key Vault's own interface: secrets, read and written. */
import { z } from "zod";
import { owner, vaultAudience } from "../names.ts";
import { bearer, readToken } from "../tokens.ts";
import type { Answer, Question } from "./answer.ts";
import type { State } from "./state.ts";

const setSchema = z.object({ value: z.string() });

function refused(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message } } };
}

/** Answers `<vault>/secrets/<name>?api-version=7.4`, as a process on the node asks. */
export function answerVault(state: State, key: string, question: Question, now: number): Answer {
  const { method, url, authorization, body } = question;
  const [, vault = "", kind = "", name = "", ...more] = url.pathname.split("/").map(decodeURIComponent);
  if (!url.searchParams.has("api-version"))
    return refused(400, "BadParameter", "api-version must be specified");
  const who = readToken(key, bearer(authorization) ?? "", vaultAudience, now);
  if (who === undefined) return refused(401, "Unauthorized", `a bearer token for ${vaultAudience} is needed`);
  // Roles of identities in vaults are records only: nobody but who runs the engine has one.
  if (who !== owner) return refused(403, "Forbidden", "ForbiddenByRbac: the caller is not authorized");
  const kept = state.now.vaults[vault];
  if (kept === undefined || kind !== "secrets" || more.length > 0 || !/^[A-Za-z0-9-]{1,127}$/.test(name))
    return refused(404, "NotFound", `${url.pathname} is nothing that a vault has`);
  const id = `${url.protocol}//${question.host}/${vault}/secrets/${name}`;
  if (method === "GET") {
    const value = kept[name];
    return value === undefined
      ? refused(404, "SecretNotFound", `A secret with (name/id) ${name} was not found in this key vault`)
      : { status: 200, body: { id, value, attributes: { enabled: true } } };
  }
  if (method !== "PUT") return refused(405, "MethodNotAllowed", `${method} of a secret is not simulated`);
  const { value } = setSchema.parse(JSON.parse(body));
  state.change({ vaults: { ...state.now.vaults, [vault]: { ...kept, [name]: value } } });
  return { status: 200, body: { id, value, attributes: { enabled: true } } };
}

/** The directory: a ServiceAccount's token in exchange for one of its own (OAuth 2.0 client credentials with an assertion). */
import { exchangeAudience, loginHost, tenant } from "../names.ts";
import { issueToken, readClusterToken } from "../tokens.ts";
import type { Answer, Question } from "./answer.ts";
import type { State } from "./state.ts";

const base = `https://${loginHost}/${tenant}`;
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

function refused(error: string, description: string): Answer {
  return { status: error === "invalid_client" ? 401 : 400, body: { error, error_description: description } };
}

function token(state: State, key: string, form: URLSearchParams, now: number): Answer {
  const clientId = form.get("client_id") ?? "";
  const assertion = form.get("client_assertion") ?? "";
  const [, audience] = /^(.+?)\/+\.default\b/.exec(form.get("scope") ?? "") ?? [];
  if (form.get("grant_type") !== "client_credentials" || form.get("client_assertion_type") !== assertionType)
    return refused(
      "unsupported_grant_type",
      "AADSTS70003: only client_credentials with a client_assertion is simulated",
    );
  if (audience === undefined)
    return refused("invalid_scope", "AADSTS70011: the scope must be <resource>/.default");
  const { issuer, identities } = state.now.directory;
  const subject = readClusterToken(issuer, assertion, exchangeAudience, now);
  if (subject === undefined)
    return refused(
      "invalid_client",
      `AADSTS700211: No matching federated identity record found for presented assertion: it must be a ServiceAccount's token of the cluster for ${exchangeAudience}`,
    );
  const match = identities.find(
    ({ namespace, serviceAccount, principal }) =>
      principal === clientId && subject === `system:serviceaccount:${namespace}:${serviceAccount}`,
  );
  if (match === undefined)
    return refused(
      "invalid_client",
      `AADSTS70021: No matching federated identity record found for presented assertion subject '${subject}' and application '${clientId}'`,
    );
  const made = issueToken(key, clientId, audience, now);
  return {
    status: 200,
    body: {
      token_type: "Bearer",
      expires_in: made.expires,
      ext_expires_in: made.expires,
      access_token: made.token,
    },
  };
}

/** Answers under login.microsoftonline.com. */
export function answerLogin(state: State, key: string, { method, url, body }: Question, now: number): Answer {
  if (method === "GET" && url.pathname === `/${tenant}/v2.0/.well-known/openid-configuration`)
    return {
      status: 200,
      body: {
        issuer: `${base}/v2.0`,
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/oauth2/v2.0/token`,
        jwks_uri: `${base}/discovery/v2.0/keys`,
        response_types_supported: ["token"],
        subject_types_supported: ["pairwise"],
        id_token_signing_alg_values_supported: ["RS256"],
        token_endpoint_auth_methods_supported: ["private_key_jwt"],
      },
    };
  if (method === "POST" && url.pathname === `/${tenant}/oauth2/v2.0/token`)
    return token(state, key, new URLSearchParams(body), now);
  return {
    status: 404,
    body: { error: "not_found", error_description: `${method} ${url.pathname} is not simulated` },
  };
}

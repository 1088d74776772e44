/**
 * The part of Traefik's rule grammar that the edge knows: Host, Path, PathPrefix and HostSNI, joined by `||`, `&&`
 * and parentheses. Anything else is an error, so that a rule is never served more widely than it was written.
 */

/** One alternative of a rule: every given part must match. */
export interface RuleMatch {
  readonly hosts: readonly string[];
  readonly paths: readonly { readonly kind: "prefix" | "exact"; readonly value: string }[];
}

type Token = { readonly kind: "word" | "text" | "sign"; readonly value: string; readonly at: number };

const known = ["Host", "Path", "PathPrefix", "HostSNI"];
const tokenPattern = /\s*(?:([A-Za-z]+)|`([^`]*)`|"([^"\\]*)"|(&&|\|\||[()!,]))/y;

/** A rule that cannot be served, and why. The message quotes the rule. */
export class RuleError extends Error {
  constructor(rule: string, why: string) {
    super(
      `rule ${JSON.stringify(rule)}: ${why}. Known: ${known.join(", ")} with one value each, ||, && and ( )`,
    );
    this.name = "RuleError";
  }
}

function tokenize(rule: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (rule.slice(at).trim() !== "") {
    tokenPattern.lastIndex = at;
    const match = tokenPattern.exec(rule);
    if (match === null) throw new RuleError(rule, `character ${at + 1} cannot be read`);
    const [all, word, tick, quoted, sign] = match;
    if (word !== undefined) tokens.push({ kind: "word", value: word, at });
    else if (sign !== undefined) tokens.push({ kind: "sign", value: sign, at });
    else tokens.push({ kind: "text", value: tick ?? quoted ?? "", at });
    at += all.length;
  }
  return tokens;
}

function both(a: readonly RuleMatch[], b: readonly RuleMatch[]): RuleMatch[] {
  return a.flatMap((x) =>
    b.map((y) => ({ hosts: [...x.hosts, ...y.hosts], paths: [...x.paths, ...y.paths] })),
  );
}

function matcher(rule: string, name: string, value: string): RuleMatch {
  if (name === "Path" || name === "PathPrefix") {
    if (!value.startsWith("/")) throw new RuleError(rule, `${name} "${value}" must begin with /`);
    return { hosts: [], paths: [{ kind: name === "Path" ? "exact" : "prefix", value }] };
  }
  return { hosts: [name === "Host" ? value.toLowerCase() : `sni:${value}`], paths: [] };
}

/** The rule as alternatives. Throws `RuleError` for what is not known. `&&` binds stronger than `||`. */
export function parseRule(rule: string): readonly RuleMatch[] {
  const tokens = tokenize(rule);
  let next = 0;

  function sign(value: string): boolean {
    const token = tokens[next];
    if (token?.kind !== "sign" || token.value !== value) return false;
    next += 1;
    return true;
  }

  function either(): RuleMatch[] {
    const found = all();
    while (sign("||")) found.push(...all());
    return found;
  }

  function all(): RuleMatch[] {
    let found = one();
    while (sign("&&")) found = both(found, one());
    return found;
  }

  function one(): RuleMatch[] {
    if (sign("(")) {
      const inner = either();
      if (!sign(")")) throw new RuleError(rule, "a ( is not closed");
      return inner;
    }
    if (sign("!")) throw new RuleError(rule, "! (not) is unknown here");
    const name = tokens[next];
    if (name?.kind !== "word") throw new RuleError(rule, "a matcher is missing");
    next += 1;
    if (!known.includes(name.value)) throw new RuleError(rule, `${name.value} is unknown here`);
    const value = sign("(") ? tokens[next] : undefined;
    if (value?.kind !== "text") throw new RuleError(rule, `${name.value} has no value in backticks`);
    next += 1;
    if (!sign(")")) throw new RuleError(rule, `${name.value} takes exactly one value`);
    return [matcher(rule, name.value, value.value)];
  }

  const found = either();
  if (next < tokens.length) throw new RuleError(rule, `"${tokens[next]?.value}" is one too many`);
  return found;
}

const hostPattern =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
const pathPattern = /^\/[A-Za-z0-9._~!&'()*+,;=:@%/-]*$/;

/** `undefined` when the host may stand in nginx's configuration, else what is wrong with it. */
export function hostProblem(host: string): string | undefined {
  if (hostPattern.test(host)) return undefined;
  return `host "${host}" is not a plain DNS name in lower case; wildcards and empty hosts are refused here`;
}

/** `undefined` when the path may stand in nginx's configuration, else what is wrong with it. */
export function pathProblem(path: string): string | undefined {
  return pathPattern.test(path) ? undefined : `path "${path}" must begin with / and hold only URL characters`;
}

/** Host and path pairs of an HTTP rule. Throws `RuleError` where an alternative has not exactly one host. */
export function httpMatches(
  rule: string,
): readonly { host: string; path: { kind: "prefix" | "exact"; value: string } }[] {
  return parseRule(rule).map(({ hosts, paths }) => {
    const [host, ...moreHosts] = [...new Set(hosts)];
    if (host === undefined)
      throw new RuleError(rule, "an alternative has no Host: it would catch every tenant's traffic");
    if (host.startsWith("sni:")) throw new RuleError(rule, "HostSNI belongs to an IngressRouteTCP");
    if (moreHosts.length > 0) throw new RuleError(rule, "two Hosts joined by && never match");
    const [path, ...morePaths] = paths;
    if (morePaths.length > 0) throw new RuleError(rule, "two paths joined by && are unknown here");
    const problem = hostProblem(host) ?? (path === undefined ? undefined : pathProblem(path.value));
    if (problem !== undefined) throw new RuleError(rule, problem);
    return { host, path: path ?? { kind: "prefix", value: "/" } };
  });
}

/** Throws `RuleError` unless a TCP rule is HostSNI(`*`): clients such as dcmtk send no name to tell routes apart by. */
export function requireAnySni(rule: string): void {
  const [match, ...more] = parseRule(rule);
  const plain = match?.hosts.length === 1 && match.paths.length === 0 && more.length === 0;
  if (!plain || match.hosts[0] !== "sni:*")
    throw new RuleError(rule, "a TCP route must be HostSNI(`*`) on a port of its own");
}

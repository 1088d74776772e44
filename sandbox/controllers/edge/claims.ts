/** What objects ask of the edge, before anybody has looked whether it can be had. */
import type { ObjectRef } from "../kube/events.ts";
import type { Metadata } from "../kube/objects.ts";

/** The object that asks. `created` decides between two that ask for the same: the older one wins. */
export interface Source extends ObjectRef {
  readonly created: string;
}

export interface PathMatch {
  readonly kind: "exact" | "prefix";
  readonly value: string;
}

export interface Backend {
  readonly namespace: string;
  readonly service: string;
  readonly port: number | string;
}

/** What a middleware does. An empty header value removes the header. */
export type Effect =
  | {
      readonly kind: "redirect";
      readonly scheme: "http" | "https";
      readonly port?: string;
      readonly permanent: boolean;
    }
  | {
      readonly kind: "headers";
      readonly request: Readonly<Record<string, string>>;
      readonly response: Readonly<Record<string, string>>;
      /** Strict-Transport-Security: its value, and whether also over plain HTTP. */
      readonly hsts?: { readonly value: string; readonly always: boolean };
    };

export interface HttpClaim {
  readonly source: Source;
  readonly host: string;
  readonly path: PathMatch;
  readonly entryPoint: "web" | "websecure";
  /** The TLS Secret's name in the source's namespace; always given for `websecure`. */
  readonly secretName?: string;
  /** Traefik's priority, higher first; accepted only where it agrees with nginx's "longest path first". */
  readonly priority?: number;
  readonly effects: readonly Effect[];
  readonly backend: Backend;
}

export interface TcpClaim {
  readonly source: Source;
  readonly port: number;
  readonly secretName: string;
  readonly backend: Backend;
}

/** A source for an object's metadata. */
export function sourceOf(apiVersion: string, kind: string, metadata: Metadata): Source {
  const { namespace, name, uid, creationTimestamp: created } = metadata;
  return { apiVersion, kind, namespace, name, uid, created };
}

/** Oldest first; equal ages by namespace and name, so that two runs agree. */
export function bySeniority(a: Source, b: Source): number {
  const left = [a.created, a.namespace, a.name, a.kind];
  const right = [b.created, b.namespace, b.name, b.kind];
  for (const [i, value] of left.entries()) {
    const other = right[i] ?? "";
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}

/** A wish that cannot be granted. `pending`: it may become possible without a change to the object itself. */
export class Refusal extends Error {
  readonly reason: string;
  readonly pending: boolean;
  constructor(reason: string, message: string, pending = false) {
    super(message);
    this.name = "Refusal";
    this.reason = reason;
    this.pending = pending;
  }
}

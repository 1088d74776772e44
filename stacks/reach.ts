/**
 * Whether the cluster that a run made takes connections from this machine. Behind a private endpoint it often does not:
 * that is said before anything is made in it, in words that name the key, instead of by a provider's time-out.
 */
import { connect } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import type { Reach } from "../providers/cloud.ts";
import { Refusal } from "../providers/mistakes.ts";
import { describeOne, type Problem } from "./problems.ts";

export interface Patience {
  /** Milliseconds in all: the name of a cluster that was just made takes a while to be known everywhere. */
  readonly total: number;
  /** Of one attempt, and between two. */
  readonly attempt: number;
  readonly pause: number;
}

const usual: Patience = { total: 180_000, attempt: 10_000, pause: 5_000 };

/**
 * Lets a kubeconfig through once its cluster answers; the provider of all that is in the cluster waits for it. `said`: the
 * stack file's key that decides who may call. A preview calls nobody; where a proxy stands between, only it could tell.
 */
export function reachOf(said: Problem, env = process.env, patience = usual): Reach {
  if (pulumi.runtime.isDryRun() || env.HTTPS_PROXY || env.https_proxy) return (kubeconfig) => kubeconfig;
  return (kubeconfig) => kubeconfig.apply((text) => reached(text, said, patience));
}

/** The kubeconfig again, once its server takes a connection; ends the run where it does not. */
export async function reached(kubeconfig: string, said: Problem, patience: Patience): Promise<string> {
  const server = serverOf(kubeconfig);
  const reason = server ? await refusal(server, patience) : undefined;
  if (server && reason) throw new Refusal(unreachable(said, server.host, reason));
  return kubeconfig;
}

/** What was made stays: this is no mistake that ends a run before its beginning. */
export function unreachable(said: Problem, host: string, reason: string): string {
  const heading =
    "The cluster is there, and does not answer this machine; nothing was made in it. The next `pulumi up` goes on from here.";
  return `${heading}\n\n${describeOne({ ...said, allowed: `${said.allowed}; ${host}: ${reason}` })}`;
}

/** The only server of a kubeconfig that this program made, which is JSON. */
function serverOf(kubeconfig: string): URL | undefined {
  const server = /"server":"([^"]+)"/.exec(kubeconfig)?.[1];
  return server && URL.canParse(server) ? new URL(server) : undefined;
}

/** Undefined once it takes a connection; else why the last attempt failed. */
async function refusal(server: URL, { total, attempt, pause }: Patience): Promise<string | undefined> {
  const end = Date.now() + total;
  for (;;) {
    const reason = await attemptOf(server, attempt);
    if (reason === undefined || Date.now() + pause > end) return reason;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function attemptOf({ hostname, port }: URL, timeout: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, "");
    const socket = connect({ host, port: Number(port || 443), timeout });
    const done = (reason: string | undefined) => {
      socket.destroy();
      resolve(reason);
    };
    socket.once("connect", () => done(undefined));
    socket.once("timeout", () => done(`no answer within ${timeout / 1000} s`));
    socket.once("error", (error) => done(error.message || "no connection"));
  });
}

/** Entry of the job: `node main.mts`, settings as JSON in DRAIN. Ends with 1 when something is left or refused. */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import type { Answer, Call } from "./api.mts";
import { drain, optionsOf } from "./drain.mts";

const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const {
  DRAIN = "{}",
  KUBERNETES_SERVICE_HOST: host = "",
  KUBERNETES_SERVICE_PORT: port = "443",
} = process.env;
const ca = readFileSync(`${account}/ca.crt`);

/** The token is read each time: it is renewed while a long wait lasts. */
const once: Call = (method, path, body) =>
  new Promise((resolve, reject) => {
    const token = readFileSync(`${account}/token`, "utf8").trim();
    const headers = {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/merge-patch+json" }),
    };
    const sent = request({ host, port, ca, method, path, headers, timeout: 30_000 }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.once("error", reject);
      answer.once("end", () => resolve(parsed(answer.statusCode ?? 0, Buffer.concat(parts).toString())));
    });
    sent.once("timeout", () => sent.destroy(new Error("no answer within 30 s")));
    sent.once("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });

function parsed(status: number, body: string): Answer {
  try {
    return { status, body: JSON.parse(body) };
  } catch {
    return { status, body: { message: body.slice(0, 200) } };
  }
}

/** A control plane that is being changed is away for a while. */
const call: Call = async (method, path, body) => {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await once(method, path, body);
      if (attempt >= 10 || !(answer.status === 429 || answer.status >= 500)) return answer;
    } catch (error) {
      if (attempt >= 10) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 3000));
  }
};

try {
  const settings = optionsOf(JSON.parse(DRAIN));
  const left = await drain(call, settings, (line) => console.log(line));
  if (left.length > 0) {
    console.error(`After ${settings.waitSeconds} s there is still:\n  ${left.join("\n  ")}`);
    console.error(
      "Whoever set a finalizer has to finish its work, or it is removed by hand; then destroy again.",
    );
    process.exitCode = 1;
  } else {
    const where = settings.namespaces === undefined ? "" : ` in namespaces with ${settings.namespaces}`;
    console.log(
      settings.claims
        ? `no load balancer and no claim is left${where}`
        : `no load balancer is left${where}; claims stay`,
    );
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

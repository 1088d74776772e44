import pRetry from "p-retry";
import { z } from "zod";
import { expect } from "../checks.ts";
import { type Client, reach, type SmokeContext, secretOf } from "./context.ts";
import type { Answer, Call } from "./https.ts";

const user = "portolan";

/** A call to Orthanc's REST API with the client's own credentials. A reset connection is tried again, an answer never. */
export function rest(
  context: SmokeContext,
  client: Client,
  path: string,
  changes: Partial<Call> = {},
): Promise<Answer> {
  const password = secretOf(client, "ORTHANC_PASSWORD");
  return pRetry(() => reach(context, client, path, { user, password, ...changes }), {
    retries: 3,
    minTimeout: 200,
    // Orthanc closes kept connections after a second: a request may meet the end of one.
    shouldRetry: ({ error }) => /ECONNRESET|socket hang up/.test(error.message),
  });
}

async function json<T>(answer: Promise<Answer>, schema: z.ZodType<T>): Promise<T> {
  const { status, body } = await answer;
  expect(status === 200, `HTTP ${status}: ${body.toString("utf8", 0, 200)}`);
  return schema.parse(JSON.parse(body.toString("utf8")));
}

const system = z.object({ Version: z.string(), DicomAet: z.string(), Name: z.string() });

/** `/system`: who answers. */
export function systemOf(context: SmokeContext, client: Client): Promise<z.infer<typeof system>> {
  return json(rest(context, client, "/system"), system);
}

/** Orthanc's ids of the instances with a SOP instance UID, at most one in a sound archive. */
export function findInstance(context: SmokeContext, client: Client, sopInstance: string): Promise<string[]> {
  const body = Buffer.from(JSON.stringify({ Level: "Instance", Query: { SOPInstanceUID: sopInstance } }));
  return json(rest(context, client, "/tools/find", { method: "POST", body }), z.array(z.string()));
}

/** The stored file of an instance. */
export async function readInstance(context: SmokeContext, client: Client, id: string): Promise<Buffer> {
  const answer = await rest(context, client, `/instances/${id}/file`);
  expect(answer.status === 200, `reading instance ${id} gave HTTP ${answer.status}`);
  return answer.body;
}

/** Uploads a file over HTTPS; answers its id. Sending it again is no error. */
export async function uploadInstance(context: SmokeContext, client: Client, body: Buffer): Promise<string> {
  const headers = { "content-type": "application/dicom" };
  const uploaded = await json(
    rest(context, client, "/instances", { method: "POST", body, headers }),
    z.object({ ID: z.string(), Status: z.string() }),
  );
  return uploaded.ID;
}

/** UIDs of all studies a client sees. */
export async function studiesOf(context: SmokeContext, client: Client): Promise<string[]> {
  const studies = await json(
    rest(context, client, "/studies?expand"),
    z.array(z.object({ MainDicomTags: z.object({ StudyInstanceUID: z.string() }) })),
  );
  return studies.map((study) => study.MainDicomTags.StudyInstanceUID);
}

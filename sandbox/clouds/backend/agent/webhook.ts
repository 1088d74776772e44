/** The admission webhook around a cloud's agent: review in, review out. */
import { z } from "zod";
import { type CloudAgent, podSchema } from "./cloudAgent.ts";

const reviewSchema = z.object({
  apiVersion: z.literal("admission.k8s.io/v1"),
  request: z.object({
    uid: z.string(),
    namespace: z.string(),
    kind: z.object({ kind: z.string() }),
    object: z.unknown(),
  }),
});

/** Answers an AdmissionReview for a new pod. Throws for anything that is none. */
export async function admit(agent: CloudAgent, review: unknown): Promise<Record<string, unknown>> {
  const { request } = reviewSchema.parse(review);
  if (request.kind.kind !== "Pod") throw new Error(`a ${request.kind.kind} is no Pod`);
  const patch = await agent.mutate(podSchema.parse(request.object), request.namespace);
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: {
      uid: request.uid,
      allowed: true,
      ...(patch.length === 0
        ? {}
        : { patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(patch)).toString("base64") }),
    },
  };
}

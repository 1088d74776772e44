/** Whose a ServiceAccount's token is, by the API server's word. */
import { z } from "zod";
import type { KubeClient } from "../../../controllers/kube/client.ts";

const reviewSchema = z.object({
  status: z.object({
    authenticated: z.boolean().default(false),
    audiences: z.array(z.string()).default([]),
    user: z.object({ username: z.string().optional() }).optional(),
  }),
});

/** The ServiceAccount of a token made for this audience; `undefined` for any other token. */
export async function reviewToken(
  client: KubeClient,
  token: string,
  audience: string,
): Promise<{ namespace: string; serviceAccount: string } | undefined> {
  const answer = await client.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    spec: { token, audiences: [audience] },
  });
  const { status } = reviewSchema.parse(answer);
  const parts = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(status.user?.username ?? "");
  const [, namespace, serviceAccount] = parts ?? [];
  if (!status.authenticated || !status.audiences.includes(audience)) return undefined;
  if (namespace === undefined || serviceAccount === undefined) return undefined;
  return { namespace, serviceAccount };
}

/** The accounts that the agent hands out, as the backend keeps them: one Secret for each ServiceAccount. */
import { z } from "zod";
import type { KubeClient } from "../../../controllers/kube/client.ts";

/** On the Secret of an account. */
export const accountLabel = "portolan.dev/cloud-account";

/** Whose keys they are, and the cloud's name of who that is (a role's ARN). */
export interface PodAccount {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly principal: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
}

const decoded = z.string().transform((text) => Buffer.from(text, "base64").toString("utf8"));
const listSchema = z.object({
  items: z.array(
    z.object({
      data: z.object({
        namespace: decoded,
        serviceAccount: decoded,
        principal: decoded,
        accessKey: decoded,
        secretKey: decoded,
        region: decoded,
      }),
    }),
  ),
});

/** The account of a ServiceAccount; asked anew each time, so that a new association is in force at once. */
export async function accountOf(
  client: KubeClient,
  space: string,
  namespace: string,
  serviceAccount: string,
): Promise<PodAccount | undefined> {
  const path = `/api/v1/namespaces/${space}/secrets?labelSelector=${encodeURIComponent(accountLabel)}`;
  const { items } = listSchema.parse(await client.request("GET", path));
  return items
    .map(({ data }) => data)
    .find((each) => each.namespace === namespace && each.serviceAccount === serviceAccount);
}

/** A bucket of Google Cloud Storage by its JSON API, with the token that the metadata server gives the pod. */
import { Compute } from "google-auth-library";
import type { ServiceSession } from "./check.ts";
import { objectKey } from "./objectStore.ts";
import type { GcsSettings } from "./objectStoreConfig.ts";
import { WatchedAgent } from "./watchedAgent.ts";

const scope = "https://www.googleapis.com/auth/devstorage.read_write";

export async function openGcs({ endpoint, bucket, roots }: GcsSettings): Promise<ServiceSession> {
  const agent = new WatchedAgent(roots);
  const identity = new Compute({ scopes: [scope] });
  const objects = `b/${encodeURIComponent(bucket)}/o`;
  const objectUrl = (id: string): string =>
    `${endpoint}/storage/v1/${objects}/${encodeURIComponent(objectKey(id))}`;
  const ask = async (method: "GET" | "POST" | "DELETE", url: string, data?: string) =>
    await identity.request<string>({
      method,
      url,
      agent,
      ...(data === undefined ? {} : { data, headers: { "content-type": "text/plain" } }),
      responseType: "text",
      retry: false,
      validateStatus: (status) => (status >= 200 && status < 300) || (method === "GET" && status === 404),
    });
  const write = async (id: string, value: string): Promise<void> => {
    const name = encodeURIComponent(objectKey(id));
    await ask("POST", `${endpoint}/upload/storage/v1/${objects}?uploadType=media&name=${name}`, value);
  };
  return {
    write,
    keep: write,
    async read(id) {
      const answer = await ask("GET", `${objectUrl(id)}?alt=media`);
      return answer.status === 404 ? undefined : answer.data;
    },
    async remove(id) {
      await ask("DELETE", objectUrl(id));
    },
    tls: () => agent.report,
    close: () => agent.destroy(),
  };
}

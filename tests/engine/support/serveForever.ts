import { startApiServer } from "./apiServer.ts";

/** Keeps a control plane up while one works on the stand-ins by hand: prints its kubeconfig, ends with Ctrl-C. */
if (import.meta.main) {
  const started = await startApiServer();
  process.stdout.write(`${started.kubeconfig}\n`);
  const keep = setInterval(() => {}, 60_000);
  const end = async (): Promise<void> => {
    clearInterval(keep);
    await started.close();
  };
  process.on("SIGINT", () => void end());
  process.on("SIGTERM", () => void end());
}

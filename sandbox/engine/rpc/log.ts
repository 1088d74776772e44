import grpc from "@grpc/grpc-js";
import type { LogSeverity } from "@pulumi/pulumi/proto/engine_pb.js";
import { engineMessages, engineService } from "./protobuf.ts";
import type { Log } from "./provider.ts";

/** Sends lines to the engine at `address()`; nothing is sent while the engine is not known. */
export function engineLog(address: () => string | undefined): Log & { close(): void } {
  let client: InstanceType<typeof engineService.EngineClient> | undefined;
  const send = (severity: LogSeverity, urn: string, message: string, ephemeral: boolean): void => {
    const at = address();
    if (at === undefined || at === "") return;
    client ??= new engineService.EngineClient(at, grpc.credentials.createInsecure());
    const request = new engineMessages.LogRequest();
    request.setSeverity(severity);
    request.setUrn(urn);
    request.setMessage(message);
    request.setEphemeral(ephemeral);
    // A line that cannot be delivered (the engine is gone) must not fail the operation it describes.
    client.log(request, () => undefined);
  };
  const { INFO, WARNING } = engineMessages.LogSeverity;
  return {
    status: (urn, message) => send(INFO, urn, message, true),
    info: (urn, message) => send(INFO, urn, message, false),
    warning: (urn, message) => send(WARNING, urn, message, false),
    close: () => client?.close(),
  };
}

import grpc from "@grpc/grpc-js";
import { any, providerMessages, statusMessages } from "./protobuf.ts";
import { InitFailed } from "./provider.ts";
import { writeStruct } from "./values.ts";

/** The gRPC error for a failure of a provider. A partly made resource travels in the status details, as gRPC for Go reads them. */
export function grpcError(error: unknown): Partial<grpc.StatusObject> {
  const message = error instanceof Error ? error.message : String(error);
  const metadata = new grpc.Metadata();
  if (error instanceof InitFailed) {
    const detail = new providerMessages.ErrorResourceInitFailed();
    detail.setId(error.id);
    detail.setProperties(writeStruct(error.outputs));
    detail.setReasonsList(error.reasons);
    const packed = new any.Any();
    packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new statusMessages.Status();
    status.setCode(grpc.status.UNKNOWN);
    status.setMessage(message);
    status.addDetails(packed);
    metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  }
  return { code: grpc.status.UNKNOWN, details: message, metadata };
}

/** The answer to a request that this provider does not take. */
export function unimplemented(what: string): Partial<grpc.StatusObject> {
  return {
    code: grpc.status.UNIMPLEMENTED,
    details: `${what} is not implemented by the sandbox's stand-in`,
    metadata: new grpc.Metadata(),
  };
}

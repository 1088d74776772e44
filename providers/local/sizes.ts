/** Volumes of the in-cluster services, by size of the platform. They are for disposable use; nothing is tuned. */
import type { Size } from "../platform.ts";

export const volumeSizes: Readonly<Record<Size, { postgres: string; redis: string; objectStore: string }>> = {
  small: { postgres: "2Gi", redis: "1Gi", objectStore: "2Gi" },
  medium: { postgres: "10Gi", redis: "2Gi", objectStore: "10Gi" },
  large: { postgres: "50Gi", redis: "5Gi", objectStore: "50Gi" },
};

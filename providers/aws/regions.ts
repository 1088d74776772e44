/** Regions, versions and limits that a stack file is checked against. Data alone, so that a check loads no SDK. */

/** Every one has three zones that EKS can use but us-west-1, where an account sees two. */
export const regions = [
  "af-south-1",
  "ap-east-1",
  "ap-northeast-1",
  "ap-northeast-2",
  "ap-northeast-3",
  "ap-south-1",
  "ap-south-2",
  "ap-southeast-1",
  "ap-southeast-2",
  "ap-southeast-3",
  "ap-southeast-4",
  "ca-central-1",
  "eu-central-1",
  "eu-central-2",
  "eu-north-1",
  "eu-south-1",
  "eu-south-2",
  "eu-west-1",
  "eu-west-2",
  "eu-west-3",
  "me-central-1",
  "me-south-1",
  "sa-east-1",
  "us-east-1",
  "us-east-2",
  "us-west-1",
  "us-west-2",
] as const;

/** Zones a new network is spread over. */
export function zoneCount(region: string): number {
  return region === "us-west-1" ? 2 : 3;
}

/** Zones in which EKS places no control plane (EKS user guide, network requirements). */
export const zonesWithoutEks = ["use1-az3", "usw1-az2", "cac1-az3"];

/** Under standard or extended support (EKS user guide, Kubernetes versions), as far as the add-ons support them. */
export const kubernetesVersions = ["1.33", "1.34", "1.35", "1.36"] as const;
/** Major versions with TLS enforced by default, in RDS's standard support (RDS user guide, release calendar). */
export const postgresVersions = ["15", "16", "17", "18"] as const;
/** ElastiCache for Valkey (ElastiCache user guide, supported engines). */
export const valkeyVersions = ["7.2", "8.0", "8.1"] as const;

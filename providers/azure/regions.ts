/** Regions and versions that a stack file is checked against. */

/** With three availability zones (Azure regions list, column of availability zones). */
const zonal = [
  "australiaeast",
  "austriaeast",
  "belgiumcentral",
  "brazilsouth",
  "canadacentral",
  "centralindia",
  "centralus",
  "chilecentral",
  "eastasia",
  "eastus",
  "eastus2",
  "francecentral",
  "germanywestcentral",
  "indonesiacentral",
  "israelcentral",
  "italynorth",
  "japaneast",
  "japanwest",
  "koreacentral",
  "malaysiawest",
  "mexicocentral",
  "newzealandnorth",
  "northeurope",
  "norwayeast",
  "polandcentral",
  "qatarcentral",
  "southafricanorth",
  "southcentralus",
  "southeastasia",
  "spaincentral",
  "swedencentral",
  "switzerlandnorth",
  "uaenorth",
  "uksouth",
  "westeurope",
  "westus2",
  "westus3",
] as const;

/** Without any. */
const zoneless = [
  "australiasoutheast",
  "canadaeast",
  "koreasouth",
  "northcentralus",
  "southindia",
  "ukwest",
  "westcentralus",
  "westus",
] as const;

export const regions = [...zonal, ...zoneless] as const;

/** Zones of a region, as most services name them. */
export function zonesOf(region: string): readonly string[] {
  return zonal.some((one) => one === region) ? ["1", "2", "3"] : [];
}

/** Minor versions: their patches come by the upgrade channel. */
export const kubernetesVersions = ["1.33", "1.34", "1.35", "1.36"] as const;
/** Flexible Server; 18 was a preview at the beginning of 2026. */
export const postgresVersions = ["14", "15", "16", "17"] as const;

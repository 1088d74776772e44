/** Regions of Azure's public cloud, by name. */
export const regions: readonly string[] = (
  "australiacentral australiaeast australiasoutheast austriaeast belgiumcentral brazilsouth canadacentral canadaeast " +
  "centralindia centralus chilecentral eastasia eastus eastus2 francecentral germanywestcentral indonesiacentral " +
  "israelcentral italynorth japaneast japanwest koreacentral koreasouth malaysiawest mexicocentral newzealandnorth " +
  "northcentralus northeurope norwayeast polandcentral qatarcentral southafricanorth southcentralus southeastasia " +
  "southindia spaincentral swedencentral switzerlandnorth uaenorth uksouth ukwest westcentralus westeurope westus " +
  "westus2 westus3"
).split(" ");

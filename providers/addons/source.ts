/** Where the chart of an add-on comes from, as a Helm release spells it. */
import type { ChartMirror } from "../cloud.ts";
import type { AddonChart } from "./versions.ts";

export interface ChartSource {
  readonly chart: string;
  readonly version?: string;
  readonly repositoryOpts?: { readonly repo: string };
}

/**
 * The project's own repository, or the mirror in its place: `oci://` and a prefix under which each chart has its name,
 * the URL of a repository, or a folder that holds the charts unpacked (`helm pull --untar`). A folder holds one version,
 * which is then the one that is installed.
 */
export function chartSource(addon: AddonChart, mirror: ChartMirror): ChartSource {
  const { name, version } = addon;
  const base = (mirror ?? addon.repository).replace(/\/+$/, "");
  if (base.startsWith("oci://")) return { chart: `${base}/${name}`, version };
  if (/^https?:\/\//.test(base)) return { chart: name, version, repositoryOpts: { repo: base } };
  return { chart: `${base}/${name}` };
}

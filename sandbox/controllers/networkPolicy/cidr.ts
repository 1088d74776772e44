/** IPv4 networks. */

/** An IPv4 address as a number, or `undefined` for anything else. */
export function addressNumber(address: string): number | undefined {
  const parts = address.split(".").map(Number);
  if (parts.length !== 4 || parts.some((p) => !Number.isInteger(p) || p < 0 || p > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** `10.1.2.3/8` as `10.0.0.0/8`; `undefined` when it is not an IPv4 network (an IPv6 one never matches here). */
export function normalCidr(cidr: string): string | undefined {
  const [address, length] = cidr.split("/");
  const number = addressNumber(address ?? "");
  const bits = Number(length ?? "32");
  if (number === undefined || !Number.isInteger(bits) || bits < 0 || bits > 32) return undefined;
  const size = 2 ** (32 - bits);
  const base = Math.floor(number / size) * size;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join(".")}/${bits}`;
}

/** Whether the network holds the address. */
export function holds(cidr: string, address: string): boolean {
  const [base, length] = cidr.split("/");
  const low = addressNumber(base ?? "");
  const number = addressNumber(address);
  if (low === undefined || number === undefined) return false;
  const size = 2 ** (32 - Number(length ?? "32"));
  return number >= low && number < low + size;
}

/** Whether a DNS zone holds a domain: it is the zone's own name, or ends with it after a dot. A last dot counts for nothing. */
export function inZone(domain: string, zone: string): boolean {
  const [name, home] = [domain, zone].map((text) => text.toLowerCase().replace(/\.$/, ""));
  return name === home || name?.endsWith(`.${home}`) === true;
}

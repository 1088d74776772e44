/** Numbers of a dotted version; anything after them (a pre-release, build metadata) is ignored. */
export function parseVersion(text: string): number[] | undefined {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return found?.slice(1).map((part) => Number(part ?? 0));
}

function compare(left: readonly number[], right: readonly number[]): number {
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether a version is the wanted one or later. Text without a version is not. */
export function atLeast(version: string, wanted: string): boolean {
  const [left, right] = [parseVersion(version), parseVersion(wanted)];
  return left !== undefined && right !== undefined && compare(left, right) >= 0;
}

/** Same major version, and not older than wanted. */
export function sameMajor(version: string, wanted: string): boolean {
  return atLeast(version, wanted) && parseVersion(version)?.[0] === parseVersion(wanted)?.[0];
}

/** Kubernetes' rule for kubectl: at most one minor version off the API server, either way. */
export function withinOneMinor(version: string, wanted: string): boolean {
  const [left, right] = [parseVersion(version), parseVersion(wanted)];
  if (left === undefined || right === undefined || left[0] !== right[0]) return false;
  return Math.abs((left[1] ?? 0) - (right[1] ?? 0)) <= 1;
}

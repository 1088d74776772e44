/**
 * Makes an expensive question cheap to ask often: callers at the same time share one answer, and an answer is given
 * again until it is `maxAgeMs` old. A failed one is not kept.
 */
export function coalesce<Answer>(
  ask: () => Promise<Answer>,
  maxAgeMs: number,
  now: () => number = () => performance.now(),
): () => Promise<Answer> {
  let current: Promise<Answer> | undefined;
  let answeredAt: number | undefined;
  return () => {
    if (current && (answeredAt === undefined || now() - answeredAt < maxAgeMs)) return current;
    answeredAt = undefined;
    const asked = ask();
    current = asked;
    asked.then(
      () => {
        answeredAt = now();
      },
      () => {
        if (current === asked) current = undefined;
      },
    );
    return asked;
  };
}

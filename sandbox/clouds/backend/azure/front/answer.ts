/** What every part of the front answers with. */
export interface Question {
  readonly method: string;
  readonly host: string;
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

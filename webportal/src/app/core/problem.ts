import { HttpErrorResponse } from '@angular/common/http';

/** What went wrong with a call: RFC 9457 as the services write it, or what stands for it when nothing came back. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number,
    /** The service's own sentence, in English. */
    readonly detail: string | null = null,
    /** The market's rule that refused, as `M-BID-02`. */
    readonly rule: string | null = null,
    readonly fields: Readonly<Record<string, string>> = {},
    readonly retryAfterS: number | null = null,
  ) {
    super(detail ?? `status ${status}`);
  }

  /** Whether trying again later, unchanged, may help. */
  get passing(): boolean {
    return [0, 429, 502, 503, 504].includes(this.status);
  }
}

/** Any error as a Problem. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) {
    return error;
  }
  if (!(error instanceof HttpErrorResponse)) {
    return new Problem(-1, error instanceof Error ? error.message : null);
  }
  const body = asObject(error.error);
  const detail = text(body['detail']);
  const rule = text(body['rule']) ?? /^(M-[A-Z\d]+-\d+)\b/.exec(detail ?? '')?.[1] ?? null;
  const fields = Object.entries(asObject(body['errors'])).map(([name, value]) => [name, String(value)] as const);
  const after = Number(error.headers.get('Retry-After') ?? '');
  return new Problem(error.status, detail, rule, Object.fromEntries(fields), after > 0 ? after : null);
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value === 'string') {
    try {
      return asObject(JSON.parse(value)); // an answer whose type the client did not expect arrives as text
    } catch {
      return {};
    }
  }
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value.length > 0 ? value : null;
}

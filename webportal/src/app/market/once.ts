/**
 * Idempotency keys: the same order, sent again after an error or a lost answer, has the same key and so one effect.
 * Another order gets another key.
 */
export class Once {
  private readonly keys = new Map<string, string>();

  keyOf(body: object): string {
    const text = JSON.stringify(body);
    const key = this.keys.get(text) ?? crypto.randomUUID();
    this.keys.set(text, key);
    return key;
  }
}

/**
 * Idempotency keys: the same order, sent again after a lost answer, has the same key and so one effect.
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

  /** It was refused for good: the services keep that answer, so the next try must be an order of its own. */
  forget(body: object): void {
    this.keys.delete(JSON.stringify(body));
  }
}

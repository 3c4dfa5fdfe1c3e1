/** One event of a text/event-stream (WHATWG HTML, 9.2). */
export interface ServerSentEvent {
  readonly id: string | null;
  readonly kind: string;
  readonly data: string;
}

/** Takes a stream's text in pieces and gives the events that are complete. */
export class EventParser {
  private rest = '';
  private id: string | null = null;
  private kind = '';
  private data: string[] = [];

  take(piece: string): ServerSentEvent[] {
    const lines = (this.rest + piece).split(/\r\n|\n|\r/);
    this.rest = lines.pop() ?? '';
    return lines.map((line) => this.line(line)).filter((event) => event !== null);
  }

  private line(line: string): ServerSentEvent | null {
    if (line === '') {
      const event = { id: this.id, kind: this.kind || 'message', data: this.data.join('\n') };
      const complete = this.data.length > 0;
      this.kind = '';
      this.data = [];
      return complete ? event : null;
    }
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line) ?? ['', '', ''];
    if (name === 'id') {
      this.id = value;
    } else if (name === 'event') {
      this.kind = value;
    } else if (name === 'data') {
      this.data.push(value);
    }
    return null;
  }
}

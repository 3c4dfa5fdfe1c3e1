import { Injectable, inject } from '@angular/core';
import { MatDialog } from '@angular/material/dialog';
import { Observable } from 'rxjs';
import { opened } from './opened';

/** Something that is done only when it was confirmed. */
export interface Question {
  /** Where its texts are: `title`, `lead`, `submit`, `done`, and `problems` by status where it has some of its own. */
  readonly scope: string;
  /** What stands in these texts. */
  readonly values?: Readonly<Record<string, string>>;
  /** What it is about: keys of labels, each with its value. */
  readonly facts: readonly (readonly [string, string])[];
  /** Tells one order from another: the same one has one effect. */
  readonly order: object;
  readonly run: (idempotencyKey: string) => Observable<unknown>;
}

@Injectable({ providedIn: 'root' })
export class Confirmation {
  private readonly dialogs = inject(MatDialog);

  /** Until it was done, or not. */
  async ask(question: Question): Promise<void> {
    const { ConfirmDialog } = await import('./confirm-dialog');
    await opened(this.dialogs, ConfirmDialog, question);
  }
}

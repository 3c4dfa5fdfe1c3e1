import { of, throwError } from 'rxjs';
import { vi } from 'vitest';
import { byText } from '../../testing';
import { Problem } from '../core/problem';
import { Opened } from '../market/ways/opened.testing';
import { ConfirmDialog } from './confirm-dialog';
import { Question } from './confirmation';

describe('confirmation', () => {
  const ways = new Opened();

  it('a confirmation keeps what it is about when it failed, and the same order has the same key', async () => {
    const run = vi
      .fn()
      .mockReturnValueOnce(throwError(() => new Problem(503)))
      .mockReturnValue(of(null));
    const question: Question = { scope: 'deals.accept', facts: [['columns.slot', 'jetzt']], order: { id: 1 }, run };
    await ways.open(ConfirmDialog, 'User', question);
    await ways.press('Verbindlich annehmen');
    expect(ways.page.querySelector('[role=alert]')).not.toBeNull();
    expect(ways.page.textContent).toContain('jetzt');
    await ways.press('Verbindlich annehmen');
    expect(byText(ways.page, 'Der Direktvertrag ist geschlossen.')).toBeDefined();
    expect(run.mock.calls[0]).toEqual(run.mock.calls[1]);
  });
});

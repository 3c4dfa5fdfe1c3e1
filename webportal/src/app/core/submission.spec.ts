import { MatDialogRef } from '@angular/material/dialog';
import { Subject, of, throwError } from 'rxjs';
import { Problem } from './problem';
import { Submission } from './submission';

describe('Submission', () => {
  const dialog = { disableClose: false } as MatDialogRef<unknown>;
  const failing = (problem: Problem, keys: string[]) => (key: string) => {
    keys.push(key);
    return throwError(() => problem);
  };

  it('sends once, however often it is pressed, and holds the dialog open meanwhile', async () => {
    const order = new Submission(dialog);
    const answer = new Subject<string>();
    const keys: string[] = [];
    const call = (key: string) => {
      keys.push(key);
      return answer;
    };
    const first = order.send({ a: 1 }, call);
    expect(await order.send({ a: 1 }, call)).toBeNull();
    expect(dialog.disableClose).toBe(true);
    answer.next('made');
    expect(await first).toBe('made');
    expect(keys).toHaveLength(1);
    expect([order.busy(), dialog.disableClose]).toEqual([false, false]);
  });

  it('keeps the key where the answer was lost, so that a second try has no second effect', async () => {
    const order = new Submission(dialog);
    const keys: string[] = [];
    await order.send({ a: 1 }, failing(new Problem(0), keys));
    await order.send({ a: 1 }, failing(new Problem(504), keys));
    await order.send({ a: 2 }, failing(new Problem(504), keys));
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
    expect(order.problem()?.status).toBe(504);
  });

  it('takes a new key after a refusal by the state of things, for that answer is kept', async () => {
    const order = new Submission(dialog);
    const keys: string[] = [];
    await order.send({ a: 1 }, failing(new Problem(409), keys));
    await order.send({ a: 1 }, failing(new Problem(409, null, null, {}, 1), keys));
    await order.send({ a: 1 }, (key) => of(keys.push(key)));
    expect(keys[1]).not.toBe(keys[0]);
    expect(keys[2]).toBe(keys[1]);
    expect(order.problem()).toBeNull();
  });

  it('tells what is wrong with a field', async () => {
    const order = new Submission(dialog);
    await order.send({}, failing(new Problem(400, 'bad', null, { ip: 'is no address' }), []));
    expect([order.fault('ip'), order.fault('name')]).toEqual(['is no address', null]);
  });
});

import { DestroyRef } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { MatSnackBar } from '@angular/material/snack-bar';
import { NEVER, Subject, of } from 'rxjs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { loadTexts, texts } from '../../testing';
import { Live } from '../core/live';
import { Bid, MarketApi } from './market-api';
import { OutbidNotice, newlyOutbid } from './outbid-notice';

const bid = (offerId: number, highest: boolean, status = 'open'): Bid =>
  ({ offer_id: offerId, is_highest: highest, offer_status: status }) as unknown as Bid;

describe('outbid', () => {
  it('is who led and leads no longer', () => {
    expect(newlyOutbid(new Set([1, 2]), [bid(1, false), bid(2, true)]).map((one) => one.offer_id)).toEqual([1]);
  });

  it('is not who never led, who bid again, or whose auction is over', () => {
    expect(newlyOutbid(new Set(), [bid(1, false)])).toEqual([]);
    expect(newlyOutbid(new Set([1]), [bid(1, true), bid(1, false)])).toEqual([]);
    expect(newlyOutbid(new Set([1]), [bid(1, false, 'awarded')])).toEqual([]);
  });

  it('is said once for an offer, however often one bid on it', () => {
    expect(newlyOutbid(new Set([1]), [bid(1, false), bid(1, false)])).toHaveLength(1);
  });
});

describe('OutbidNotice', () => {
  const changes = new Subject<void>();
  const open = vi.fn(() => ({ onAction: () => NEVER }));
  let own: Bid[];
  let notice: OutbidNotice;

  beforeEach(async () => {
    open.mockClear();
    own = [];
    TestBed.configureTestingModule({
      providers: [
        texts,
        { provide: MarketApi, useValue: { ownBids: () => of({ items: own }) } },
        { provide: Live, useValue: { changes } },
        { provide: MatSnackBar, useValue: { open } },
      ],
    });
    await loadTexts();
    notice = TestBed.inject(OutbidNotice);
    notice.watch(TestBed.inject(DestroyRef));
    await settled();
  });

  const settled = (): Promise<void> => new Promise((done) => setTimeout(done));

  async function changed(): Promise<void> {
    changes.next();
    await settled();
  }

  it('knows of a bid that is told after the change that it made', async () => {
    await notice.whileBidding(async () => {
      await changed(); // the offer shows the price, and one's own bids do not have it yet
      own = [bid(1, true)];
    });
    await settled();
    own = [bid(1, false)];
    await changed();
    expect(open).toHaveBeenCalledOnce();
  });

  it('takes nobody for outbid who just raises his own bid', async () => {
    own = [bid(1, true)];
    await changed();
    await notice.whileBidding(async () => {
      own = [bid(1, false)];
      await changed();
      own = [bid(1, true), bid(1, false)];
    });
    await settled();
    expect(open).not.toHaveBeenCalled();
  });
});

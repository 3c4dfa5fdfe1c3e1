import { describe, expect, it } from 'vitest';
import { Bid } from './market-api';
import { newlyOutbid } from './outbid-notice';

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

import { bidState } from './bids';
import { Bid } from './market-api';

describe('an own bid', () => {
  const bid = (is_highest: boolean | null, offer_status: string | null): Bid => ({ is_highest, offer_status }) as Bid;

  it('stands where the offer says', () => {
    expect(bidState(bid(true, 'open'))).toBe('highest');
    expect(bidState(bid(false, 'open'))).toBe('outbid');
    expect(bidState(bid(true, 'settled'))).toBe('won');
    expect(bidState(bid(false, 'awarded'))).toBe('lost');
    expect(bidState(bid(null, null))).toBe('unknown');
  });
});

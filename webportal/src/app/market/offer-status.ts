import { Tone } from '../shared/chip';
import { OfferStatus } from './market-api';

export const TONE: Readonly<Record<OfferStatus, Tone>> = {
  open: 'busy',
  awarded: 'good',
  unsold: 'calm',
  withdrawn: 'calm',
  delivered: 'good',
  settled: 'good',
  unfunded: 'bad',
};

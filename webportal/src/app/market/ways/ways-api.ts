import { Injectable, inject } from '@angular/core';
import { Observable } from 'rxjs';
import { BackgroundManagerLogicService } from '../../api/background-manager-logic/api/background-manager-logic.service';
import {
  MintedP2xTokens,
  NewP2pDeal,
  NewPassiveContract,
  P2pDeals,
  PassiveContracts,
  Power2x,
  SecondaryMarket,
  WrittenP2pDeal,
  WrittenPassiveContract,
} from '../../api/background-manager-logic/model/models';

export type Deal = P2pDeals['items'][number];
export type Contract = PassiveContracts['items'][number];
export type P2xSlot = Power2x['slots'][number];

/** The ways to market beside offers and bids, over the generated clients. */
@Injectable({ providedIn: 'root' })
export class WaysApi {
  private readonly manager = inject(BackgroundManagerLogicService);

  deals(limit: number): Observable<P2pDeals> {
    return this.manager.getP2pDeals({ limit });
  }

  proposeDeal(payload: NewP2pDeal, idempotencyKey: string): Observable<WrittenP2pDeal> {
    return this.manager.postNewP2pDeal({ payload, idempotencyKey });
  }

  /** What was read is what is agreed to: other terms bind nobody. */
  acceptDeal({ deal_id, energy_wh, price_ct_per_kwh }: Deal, idempotencyKey: string): Observable<WrittenP2pDeal> {
    const payload = { energy_wh, price_ct_per_kwh };
    return this.manager.postAcceptedP2pDeal({ dealId: deal_id, payload, idempotencyKey });
  }

  dropDeal(dealId: string): Observable<WrittenP2pDeal> {
    return this.manager.deleteProposedP2pDeal({ dealId });
  }

  contracts(limit: number): Observable<PassiveContracts> {
    return this.manager.getPassiveContractList({ limit });
  }

  proposeContract(payload: NewPassiveContract, idempotencyKey: string): Observable<WrittenPassiveContract> {
    return this.manager.postNewPassiveContract({ payload, idempotencyKey });
  }

  acceptContract(contract: Contract, idempotencyKey: string): Observable<WrittenPassiveContract> {
    const { contract_id: contractId, price_ct_per_kwh, until_slot } = contract;
    const payload = { price_ct_per_kwh, until_slot };
    return this.manager.postAcceptedPassiveContract({ contractId, payload, idempotencyKey });
  }

  dropContract(contractId: string): Observable<WrittenPassiveContract> {
    return this.manager.deleteProposedPassiveContract({ contractId });
  }

  endContract(contractId: string, end_slot: string, idempotencyKey: string): Observable<WrittenPassiveContract> {
    return this.manager.postEndedPassiveContract({ contractId, payload: { end_slot }, idempotencyKey });
  }

  secondary(from: Date, to: Date): Observable<SecondaryMarket> {
    return this.manager.getSecondaryMarket({ from: from.toISOString(), to: to.toISOString() });
  }

  power2x(limit: number): Observable<Power2x> {
    return this.manager.getPower2x({ limit });
  }

  mint(slot_start: string, kwh: number, idempotencyKey: string): Observable<MintedP2xTokens> {
    return this.manager.postPower2x({ payload: { slot_start, kwh }, idempotencyKey });
  }
}

import { TransactionTrace } from '../api/blockchain-connector/model/transaction-trace';

/** Where the chain is, as far as the page shows it (the connector's document leaves it open). */
export interface Head {
  readonly chainId: string;
  readonly headBlock: number;
  readonly headTime: string;
  readonly irreversibleBlock: number;
  readonly irreversibleTime: string;
  readonly version: string;
}

export function head(info: Readonly<Record<string, unknown>>): Head {
  return {
    chainId: String(info['chain_id']),
    headBlock: Number(info['head_block_num']),
    headTime: String(info['head_block_time']),
    irreversibleBlock: Number(info['last_irreversible_block_num']),
    irreversibleTime: String(info['last_irreversible_block_time']),
    version: String(info['server_version']),
  };
}

/** `tbimarket::bid, tbitoken::transfer`: each once, without notifications and without what every block holds. */
export function actionsOf(trace: TransactionTrace): string {
  const own = trace.actions.filter((action) => action.receiver === action.account);
  const names = new Set(own.map((action) => `${action.account}::${action.name}`));
  names.delete('eosio::onblock');
  return [...names].join(', ');
}

import { HistoryItemsInner } from '../api/blockchain-connector/model/history-items-inner';
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

export interface Row {
  readonly id: string;
  readonly block: number;
  readonly time: string;
  readonly actions: string;
}

/** The transactions in which something happened, the newest first. What the blocks tell counts for more than the history. */
export function rows(traces: readonly TransactionTrace[], history: readonly HistoryItemsInner[]): Row[] {
  const found = new Map<string, Row>();
  for (const trace of traces) {
    found.set(trace.transaction_id, {
      id: trace.transaction_id,
      block: trace.block_num,
      time: trace.block_time,
      actions: actionsOf(trace),
    });
  }
  const earlier = history.filter((item) => !found.has(item.transaction_id));
  for (const { transaction_id: id, block_num: block, block_time, account, name } of [...earlier].reverse()) {
    const names = new Set(found.get(id)?.actions.split(', ')).add(`${account}::${name}`);
    found.set(id, { id, block, time: new Date(block_time * 1000).toISOString(), actions: [...names].join(', ') });
  }
  return [...found.values()].filter((row) => row.actions !== '').sort((a, b) => b.block - a.block);
}

/** What the Blockchain-Connector's reader answers, as far as the page shows it (its document leaves these open). */

export interface Action {
  readonly account: string;
  readonly name: string;
  readonly receiver?: string;
}

export interface Trace {
  readonly transaction_id: string;
  readonly block_num: number;
  readonly block_time: string;
  readonly actions: readonly Action[];
}

export interface Block {
  readonly number: number;
  readonly producer: string;
  readonly time: string;
  readonly transactions: readonly Trace[];
}

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
export function actionsOf(trace: Trace): string {
  const own = trace.actions.filter((action) => action.receiver === undefined || action.receiver === action.account);
  const names = new Set(own.map((action) => `${action.account}::${action.name}`));
  names.delete('eosio::onblock');
  return [...names].join(', ');
}

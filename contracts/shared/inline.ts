/** Actions that a contract sends by its own `active` permission (`eosio.code`). */
import { Encoder, calcPackedVarUint32Length } from "proton-tsc";
import { current_receiver, send_inline } from "./env";
import { N_ACTIVE } from "./names";

/** Sends `action` of `account`; `data` holds its packed arguments. */
export function send(account: u64, action: u64, data: Encoder): void {
    const size = <u32>data.pos;
    const message = new Encoder(8 + 8 + 1 + 16 + calcPackedVarUint32Length(size) + size);
    message.packNumber<u64>(account);
    message.packNumber<u64>(action);
    message.packLength(1);
    message.packNumber<u64>(current_receiver());
    message.packNumber<u64>(N_ACTIVE);
    message.packLength(size);
    memory.copy(message.buf.dataStart + message.pos, data.buf.dataStart, size);
    message.incPos(size);
    send_inline(message.buf.dataStart, message.pos);
}

/** The partners decide who produces blocks (M-CON). */
import { Checksum256, Encoder, Name, check } from "proton-tsc";
import { set_proposed_producers_ex, sha256 } from "../shared/env";
import { N_CONSORTIUM } from "../shared/names";
import { checkAuthority, exists } from "../shared/rules";
import { Partner, Producer, Proposal, Vote, hashes, partners, proposals, votes } from "./tables";

const MOST = 21;

/** The consortium's members, all at once (M-CON-01). */
export function setPartners(accounts: Name[]): void {
    checkAuthority(new Name(N_CONSORTIUM), "M-CON-01");
    check(accounts.length >= 1 && accounts.length <= MOST, "M-CON-01: there must be 1 to 21 partners");
    for (let i = 0; i < accounts.length; i++) {
        check(i == 0 || accounts[i - 1] < accounts[i], "M-CON-01: partners must ascend strictly");
        check(exists(accounts[i]), "M-CON-01: a partner's account does not exist");
    }
    const table = partners();
    for (let at = table.from(0); at >= 0; at = table.from(0)) {
        table.remove(table.read(at).account.N);
    }
    for (let i = 0; i < accounts.length; i++) {
        const partner = new Partner();
        partner.account = accounts[i];
        table.add(partner.account.N, partner);
    }
    dropVotesOfStrangers();
}

/** A partner's one vote; the list that more than two thirds want is proposed to the chain (M-CON-02, M-CON-03). */
export function vote(partner: Name, producers: Producer[]): void {
    checkAuthority(partner, "M-CON-02");
    check(partners().has(partner.N), "M-CON-02: only a partner votes");
    checkProducers(producers);
    const hash = hashOf(producers);
    const before = votes().get(partner.N);
    const row = new Vote();
    row.partner = partner;
    row.hash = hash;
    votes().put(partner.N, row);
    if (before != null && before.hash != hash) dropWithoutVotes(before.hash);
    if (isWanted(hash)) {
        propose(producers);
        clear();
    } else if (hashes.find(hash) == 0) {
        remember(producers, hash);
    }
}

function checkProducers(producers: Producer[]): void {
    check(producers.length >= 1 && producers.length <= MOST, "M-CON-02: there must be 1 to 21 producers");
    for (let i = 0; i < producers.length; i++) {
        check(i == 0 || producers[i - 1].name < producers[i].name, "M-CON-02: producers must ascend strictly by name");
        check(exists(producers[i].name), "M-CON-02: a producer's account does not exist");
        check(producers[i].key.isPlain(), "M-CON-02: a producer's key is of the kind K1 or R1");
    }
}

function hashOf(producers: Producer[]): Checksum256 {
    const list = new Encoder(8 + 42 * producers.length);
    list.packObjectArray<Producer>(producers);
    const hash = new Checksum256();
    sha256(list.buf.dataStart, <u32>list.pos, hash.data.dataStart);
    return hash;
}

/** M-CON-03: whether more than two thirds of the partners have voted for this list. */
function isWanted(hash: Checksum256): bool {
    let all = 0;
    let inFavour = 0;
    const table = partners();
    const cast = votes();
    for (let at = table.from(0); at >= 0; at = table.next(at)) {
        const vote = cast.get(table.read(at).account.N);
        if (vote != null && vote.hash == hash) inFavour++;
        all++;
    }
    return inFavour >= (2 * all) / 3 + 1;
}

/** Each producer signs with one key: a `block_signing_authority_v0` of threshold 1. */
function propose(producers: Producer[]): void {
    const list = new Encoder(8 + 64 * producers.length);
    list.packLength(producers.length);
    for (let i = 0; i < producers.length; i++) {
        list.packName(producers[i].name);
        list.packLength(0); // block_signing_authority_v0
        list.packNumber<u32>(1); // threshold
        list.packLength(1);
        list.pack(producers[i].key);
        list.packNumber<u16>(1); // weight
    }
    const version = set_proposed_producers_ex(1, list.buf.dataStart, list.pos);
    check(version >= 0, "M-CON-03: the chain takes no new schedule now: this one is in force, or another was proposed in this block");
}

function remember(producers: Producer[], hash: Checksum256): void {
    const table = proposals();
    const last = table.upTo(u64.MAX_VALUE);
    const row = new Proposal();
    row.id = last == null ? 1 : last.id + 1;
    row.hash = hash;
    row.producers = producers;
    table.add(row.id, row);
    hashes.add(row.id, hash);
}

/** All votes and proposals are done with. */
function clear(): void {
    const cast = votes();
    for (let at = cast.from(0); at >= 0; at = cast.from(0)) cast.remove(cast.read(at).partner.N);
    const table = proposals();
    for (let at = table.from(0); at >= 0; at = table.from(0)) drop(table.read(at).id);
}

function dropVotesOfStrangers(): void {
    const cast = votes();
    const known = partners();
    let at = cast.from(0);
    while (at >= 0) {
        const vote = cast.read(at);
        at = cast.next(at);
        if (known.has(vote.partner.N)) continue;
        cast.remove(vote.partner.N);
        dropWithoutVotes(vote.hash);
    }
}

/** A list that nobody votes for any more is not kept (M-RAM-01). */
function dropWithoutVotes(hash: Checksum256): void {
    const cast = votes();
    for (let at = cast.from(0); at >= 0; at = cast.next(at)) {
        if (cast.read(at).hash == hash) return;
    }
    const id = hashes.find(hash);
    if (id != 0) drop(id);
}

function drop(id: u64): void {
    proposals().remove(id);
    hashes.remove(id);
}

/**
 * Names as the chain keeps them: 64-bit numbers, worked out beforehand so that no action spends time on it.
 * tests/contracts/test_build.py works each of them out again from its comment.
 */

// accounts, permissions
export const N_TBITOKEN: u64 = 0xc9dd9a4153000000; // tbitoken
export const N_TBICLSBOX: u64 = 0xc9dc88e0f4e80000; // tbiclsbox
export const N_TBIMARKET: u64 = 0xc9dd235e0ac80000; // tbimarket
export const N_TBIPOOL: u64 = 0xc9dd5a5220000000; // tbipool
export const N_CONSORTIUM: u64 = 0x45278a5f2ed48000; // consortium
export const N_ACTIVE: u64 = 0x3232eda800000000; // active

// tables of tbitoken
export const N_ACCOUNTS: u64 = 0x32114d4f38000000; // accounts
export const N_STAT: u64 = 0xc64d900000000000; // stat

// tables of tbiclsbox
export const N_PARTICIPANTS: u64 = 0xa9af9721d534f380; // participants
export const N_BOXES: u64 = 0x3d3aac0000000000; // boxes
export const N_KEYS: u64 = 0x82bd800000000000; // keys
export const N_POINTS: u64 = 0xad1d3ce000000000; // points
export const N_UNITS: u64 = 0xd4dd9c0000000000; // units
export const N_COUNTERS: u64 = 0x45353caaf8000000; // counters
export const N_BOXPOINTS: u64 = 0x3d3b5a3a79c00000; // boxpoints
export const N_EVENTS: u64 = 0x56d53ce000000000; // events
export const N_BOXSTATE: u64 = 0x3d3b8c9b2a000000; // boxstate

// tables of tbimarket
export const N_MARKETS: u64 = 0x91af056700000000; // markets
export const N_PARAMS: u64 = 0xa9ae696000000000; // params
export const N_PRICES: u64 = 0xaddc856000000000; // prices
export const N_LEDGER: u64 = 0x8a92c55c00000000; // ledger
export const N_FORECASTS: u64 = 0x5d2ea41b19c00000; // forecasts
export const N_OFFERS: u64 = 0xa2d6abe000000000; // offers
export const N_SLOTS: u64 = 0xc4699c0000000000; // slots
export const N_READINGS: u64 = 0xba8c974d98000000; // readings
export const N_WATERMARKS: u64 = 0xe1b2abc8d7860000; // watermarks
export const N_PASSPROPS: u64 = 0xa9b18ade95c00000; // passprops
export const N_PASSIVES: u64 = 0xa9b1876d58000000; // passives
export const N_DEALS: u64 = 0x4a8d1c0000000000; // deals
export const N_TAKEOVERS: u64 = 0xc9a0aa6d57c00000; // takeovers
export const N_BALANCES: u64 = 0x39a269a158000000; // balances

// tables of tbipool
export const N_GROUPS: u64 = 0x65e9aae000000000; // groups
export const N_FIGURES: u64 = 0x5b99abab00000000; // figures

// tables of consortium
export const N_PARTNERS: u64 = 0xa9af99aaf8000000; // partners
export const N_VOTES: u64 = 0xdd32ac0000000000; // votes
export const N_PROPOSALS: u64 = 0xade95a60d1c00000; // proposals

// actions that contracts send, and the only kind of event
export const N_TRANSFER: u64 = 0xcdcd3c2d57000000; // transfer
export const N_ISSUE: u64 = 0x7631a50000000000; // issue
export const N_ACK: u64 = 0x3220000000000000; // ack
export const N_LOGAWARD: u64 = 0x8d186e1ae9000000; // logaward
export const N_LOGSETTLE: u64 = 0x8d19856731500000; // logsettle
export const N_LOGSWEEP: u64 = 0x8d198e2955000000; // logsweep
export const N_ADDFORECAST: u64 = 0x3252ba5d48363200; // addforecast
export const N_ADDMEASURED: u64 = 0x3253251b1aba9200; // addmeasured
export const N_ADDTRADED: u64 = 0x32539b992a480000; // addtraded
export const N_SENDDATA: u64 = 0xc2a6949b26000000; // senddata

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const CHARACTERS = `${LETTERS}12345`;
const LENGTH = 12;

/** A new account's name, drawn by chance: it must not tell who is behind it (M-PRV-01). */
export function pseudonym(): string {
  return Array.from({ length: LENGTH }, (_, at) => drawn(at === 0 ? LETTERS : CHARACTERS)).join('');
}

/** What an account may be called on the chain. */
export function isAccountName(text: string): boolean {
  return /^[a-z1-5]{1,12}$/.test(text);
}

/** Each character as likely as another: bytes above the last whole multiple are drawn again. */
function drawn(characters: string): string {
  const most = 256 - (256 % characters.length);
  for (;;) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < most) {
      return characters[byte % characters.length];
    }
  }
}

/** Security keys in the browser (WebAuthn): options as the services write them (JSON, bytes as base64url), and answers the same way. */

/** Why the browser gave no answer, as a key of the texts. */
export type KeyFailure = 'key-cancelled' | 'key-known' | 'key-unsupported';

export class KeyError extends Error {
  override readonly name = 'KeyError';

  constructor(readonly failure: KeyFailure) {
    super(failure);
  }
}

type Json = Record<string, unknown>;

/** Lets the person touch one of his keys. Raises KeyError. */
export async function useKey(options: Json): Promise<Json> {
  const publicKey = { ...options, challenge: bytes(options['challenge']), ...ids(options, 'allowCredentials') };
  const found = await asked(() =>
    navigator.credentials.get({ publicKey: publicKey as PublicKeyCredentialRequestOptions }),
  );
  const { clientDataJSON, authenticatorData, signature } = found.response as AuthenticatorAssertionResponse;
  return answer(found, {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
  });
}

/** Lets the person make a new credential on a key. Raises KeyError. */
export async function makeKey(options: Json): Promise<Json> {
  const user = options['user'] as Json;
  const publicKey = {
    ...options,
    challenge: bytes(options['challenge']),
    user: { ...user, id: bytes(user['id']) },
    ...ids(options, 'excludeCredentials'),
  };
  const made = await asked(() =>
    navigator.credentials.create({ publicKey: publicKey as unknown as PublicKeyCredentialCreationOptions }),
  );
  const { clientDataJSON, attestationObject } = made.response as AuthenticatorAttestationResponse;
  return answer(made, { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) });
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (!('credentials' in navigator) || typeof PublicKeyCredential === 'undefined') {
    throw new KeyError('key-unsupported');
  }
  try {
    const found = await ask();
    if (found === null) {
      throw new KeyError('key-cancelled');
    }
    return found as PublicKeyCredential;
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name === 'InvalidStateError') {
      throw new KeyError('key-known');
    }
    throw new KeyError(name === 'NotSupportedError' || name === 'SecurityError' ? 'key-unsupported' : 'key-cancelled');
  }
}

function answer(credential: PublicKeyCredential, response: Record<string, string>): Json {
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: {},
  };
}

function ids(options: Json, name: string): Json {
  const list = options[name];
  return Array.isArray(list) ? { [name]: list.map((entry: Json) => ({ ...entry, id: bytes(entry['id']) })) } : {};
}

export function bytes(base64url: unknown): Uint8Array<ArrayBuffer> {
  const plain = atob(String(base64url).replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

export function text(buffer: ArrayBuffer): string {
  const plain = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join('');
  return btoa(plain).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

import { vi } from 'vitest';
import { KeyError, bytes, makeKey, text, useKey } from './security-key';

const buffer = (...values: number[]): ArrayBuffer => Uint8Array.from(values).buffer;

describe('security keys', () => {
  const get = vi.fn<(options: CredentialRequestOptions) => Promise<unknown>>();
  const create = vi.fn<(options: CredentialCreationOptions) => Promise<unknown>>();

  beforeEach(() => {
    [get, create].forEach((mock) => mock.mockReset());
    vi.stubGlobal('PublicKeyCredential', class {});
    Object.defineProperty(navigator, 'credentials', { value: { get, create }, configurable: true });
  });

  afterEach(() => vi.unstubAllGlobals());

  it('writes bytes as base64url and reads them again', () => {
    expect(text(buffer(251, 255, 191, 0))).toBe('-_-_AA');
    expect([...bytes('-_-_AA')]).toEqual([251, 255, 191, 0]);
  });

  it('asks for the keys that are named, and gives the answer as the services read it', async () => {
    get.mockResolvedValue({
      id: 'AQI',
      rawId: buffer(1, 2),
      type: 'public-key',
      response: { clientDataJSON: buffer(3), authenticatorData: buffer(4), signature: buffer(5) },
    });
    const answer = await useKey({
      challenge: 'AAEC',
      rpId: 'localhost',
      allowCredentials: [{ type: 'public-key', id: 'AQI' }],
    });
    const asked = get.mock.calls[0][0].publicKey!;
    expect([...(asked.challenge as Uint8Array)]).toEqual([0, 1, 2]);
    expect([...(asked.allowCredentials![0].id as Uint8Array)]).toEqual([1, 2]);
    expect(answer).toMatchObject({
      rawId: 'AQI',
      response: { clientDataJSON: 'Aw', authenticatorData: 'BA', signature: 'BQ' },
    });
  });

  it.each([
    ['NotAllowedError', 'key-cancelled'],
    ['InvalidStateError', 'key-known'],
    ['SecurityError', 'key-unsupported'],
  ])('says what %s means', async (name, failure) => {
    create.mockRejectedValue(Object.assign(new Error(), { name }));
    const options = { challenge: 'AAEC', user: { id: 'AQI' }, excludeCredentials: [] };
    await expect(makeKey(options)).rejects.toEqual(new KeyError(failure as KeyError['failure']));
  });

  it('says that this browser has none', async () => {
    vi.stubGlobal('PublicKeyCredential', undefined);
    await expect(useKey({ challenge: 'AAEC' })).rejects.toEqual(new KeyError('key-unsupported'));
  });
});

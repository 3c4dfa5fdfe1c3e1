import { parseConfig } from './config';
import { failureOf, personOf } from './identity';
import { homeOf, safeNext } from './session';

function named(name: string, message = ''): Error {
  return Object.assign(new Error(message), { name });
}

describe('session', () => {
  it('begins where the group begins', () => {
    expect(homeOf(['User'])).toBe('/market/offers');
    expect(homeOf(['EVU'])).toBe('/balancing-group');
    expect(homeOf(['Admin', 'User'])).toBe('/developer');
    expect(homeOf([])).toBe('/no-access');
  });

  it('goes on to pages of its own only', () => {
    expect(safeNext('/market/bids', '/')).toBe('/market/bids');
    for (const evil of [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example',
      'javascript:alert(1)',
      '/sign-in',
      null,
    ]) {
      expect(safeNext(evil, '/home'), String(evil)).toBe('/home');
    }
  });

  it('knows the person from the tokens', () => {
    const access = { sub: 's', username: 'seller', 'cognito:groups': ['User', 'Unknown'] };
    expect(personOf(access, { email: 'a@b.example', 'custom:kwh_annum': '3500' })).toEqual({
      sub: 's',
      username: 'seller',
      email: 'a@b.example',
      groups: ['User'],
      kwhAnnum: 3500,
    });
    expect(personOf({ sub: 's', username: 'x' }, {}).groups).toEqual([]);
  });

  it('tells apart why a sign-in failed', () => {
    expect(failureOf(named('NotAuthorizedException', 'Incorrect username or password.'))).toBe('wrong');
    expect(failureOf(named('UserNotFoundException'))).toBe('wrong');
    expect(failureOf(named('NotAuthorizedException', 'User is disabled.'))).toBe('disabled');
    expect(failureOf(named('NotAuthorizedException', 'Invalid session for the user, session is expired.'))).toBe(
      'expired',
    );
    expect(failureOf(named('NetworkError'))).toBe('unreachable');
    expect(failureOf(named('InvalidPasswordException'))).toBe('weak-password');
    expect(failureOf('what?')).toBe('unknown');
  });

  it('takes a configuration that is complete', () => {
    const config = {
      region: 'r',
      user_pool_id: 'r_p',
      portal_client_id: 'c',
      identity_endpoint: 'http://localhost:4566',
    };
    expect(parseConfig(config)).toEqual(config);
    expect(parseConfig({ ...config, identity_endpoint: undefined })?.identity_endpoint).toBeNull();
    expect(parseConfig({ ...config, identity_endpoint: 'nowhere' })).toBeNull();
    expect(parseConfig({ ...config, user_pool_id: '' })).toBeNull();
    expect(parseConfig([])).toBeNull();
  });
});

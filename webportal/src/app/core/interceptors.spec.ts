import { HttpClient, provideHttpClient, withInterceptors } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { firstValueFrom } from 'rxjs';
import { vi } from 'vitest';
import { Identity } from './identity';
import { problemInterceptor, tokenInterceptor } from './interceptors';
import { Problem } from './problem';
import { Session } from './session';

const URL = '/background-manager-logic/api/v1/market/offers';

describe('interceptors', () => {
  const token = vi.fn<(fresh?: boolean) => Promise<string | null>>();
  const expired = vi.fn(() => Promise.resolve());
  let http: HttpClient;
  let server: HttpTestingController;

  beforeEach(() => {
    token.mockReset().mockImplementation((fresh) => Promise.resolve(fresh ? 'new' : 'old'));
    expired.mockClear();
    TestBed.configureTestingModule({
      providers: [
        provideHttpClient(withInterceptors([problemInterceptor, tokenInterceptor])),
        provideHttpClientTesting(),
        { provide: Identity, useValue: { token } },
        { provide: Session, useValue: { expired } },
      ],
    });
    http = TestBed.inject(HttpClient);
    server = TestBed.inject(HttpTestingController);
  });

  afterEach(() => server.verify());

  async function next(url = URL) {
    await Promise.resolve();
    return vi.waitFor(() => server.expectOne(url));
  }

  it('attach the token to calls of the services only', async () => {
    const called = firstValueFrom(http.get(URL));
    const request = await next();
    expect(request.request.headers.get('Authorization')).toBe('Bearer old');
    request.flush({});
    await called;
    for (const url of ['/config.json', '//elsewhere.example/api/v1/x', 'https://elsewhere.example/api/v1/x']) {
      const other = firstValueFrom(http.get(url));
      const bare = server.expectOne(url);
      expect(bare.request.headers.has('Authorization'), url).toBe(false);
      bare.flush({});
      await other;
    }
  });

  it('answer a 401 once with a fresh token', async () => {
    const called = firstValueFrom(http.get(URL));
    (await next()).flush({}, { status: 401, statusText: 'no' });
    const again = await next();
    expect(again.request.headers.get('Authorization')).toBe('Bearer new');
    again.flush({ items: [] });
    expect(await called).toEqual({ items: [] });
    expect(expired).not.toHaveBeenCalled();
  });

  it('end the session when that does not help', async () => {
    const called = firstValueFrom(http.get(URL)).catch((error: unknown) => error);
    (await next()).flush({}, { status: 401, statusText: 'no' });
    (await next()).flush({}, { status: 401, statusText: 'no' });
    expect(((await called) as Problem).status).toBe(401);
    expect(expired).toHaveBeenCalledOnce();
  });

  it('make a Problem of what a service refuses', async () => {
    const called = firstValueFrom(http.get(URL)).catch((error: unknown) => error);
    const body = { status: 409, detail: 'M-BID-02: somebody was faster', errors: { price: 'too low' } };
    (await next()).flush(body, { status: 409, statusText: 'no', headers: { 'Retry-After': '5' } });
    const problem = (await called) as Problem;
    expect(problem).toBeInstanceOf(Problem);
    expect([problem.status, problem.rule, problem.fields, problem.retryAfterS]).toEqual([
      409,
      'M-BID-02',
      { price: 'too low' },
      5,
    ]);
  });

  it('make a Problem of no answer', async () => {
    const called = firstValueFrom(http.get(URL)).catch((error: unknown) => error);
    (await next()).error(new ProgressEvent('error'));
    const problem = (await called) as Problem;
    expect([problem.status, problem.passing]).toEqual([0, true]);
  });
});

import { isAccountName, pseudonym } from './pseudonym';

describe('pseudonym', () => {
  it('has twelve characters of the chain and begins with a letter', () => {
    for (let turn = 0; turn < 200; turn++) {
      expect(pseudonym()).toMatch(/^[a-z][a-z1-5]{11}$/);
    }
    expect(pseudonym()).not.toBe(pseudonym());
  });

  it('a name with other characters, or none, is none', () => {
    expect(['abc', 'abcdefghijk1', '', 'abcdefghijklm', 'abc6', 'Abc', 'a.b'].map(isAccountName)).toEqual([
      ...[true, true],
      ...[false, false, false, false, false],
    ]);
  });
});

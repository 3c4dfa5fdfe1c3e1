import de from './de.json';
import en from './en.json';

function keys(node: object, path = ''): string[] {
  return Object.entries(node).flatMap(([name, value]) =>
    typeof value === 'object' ? keys(value as object, `${path}${name}.`) : [`${path}${name}`],
  );
}

describe('texts', () => {
  it('are the same in both languages', () => {
    expect(keys(en)).toEqual(keys(de));
  });

  it('are those of the test catalogue', () => {
    expect(de.developer.title).toBe('Entwickler-Dashboard');
    expect(de.developer.components).toBe('Komponentenübersicht');
    expect(de.market.title).toBe('Lokaler Energiemarkt');
    expect(de.offers.place).toBe('Angebot einstellen');
    const { title, time, amount, confirm, submit } = de.offerDialog;
    expect([title, time, amount, confirm, submit]).toEqual([
      'Angebot platzieren',
      'Angebotszeitpunkt',
      'Startpreis und Energiemenge',
      'Bestätigung des Angebotes',
      'Angebot einstellen',
    ]);
    expect(de.bids.place).toBe('Gebot erstellen');
  });
});

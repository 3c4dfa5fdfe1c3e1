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

  it('are those of the catalogue for administrators, too', () => {
    const { dialogs, manager } = de.developer;
    expect([manager, dialogs.box, dialogs.unit, dialogs.meter, dialogs.account, dialogs.marketUnit]).toEqual([
      'Background-Manager-Logic',
      'CLS-Box hinzufügen',
      'Einheit hinzufügen',
      'Meter hinzufügen',
      'Registrierung eines Eos Accounts',
      'Registrierung einer Einheit auf dem lokalen Energiemarkt',
    ]);
    expect([de.boxDialog.title, de.boxChoice.submit]).toEqual(['CLS-Box hinzufügen', 'CLS-Box auswählen']);
    const unit = de.unitDialog;
    expect([
      unit.title,
      unit.operator,
      unit.giveOperator,
      unit.choice,
      unit.chooseUnit,
      unit.confirm,
      unit.submit,
    ]).toEqual([
      'Einheit hinzufügen',
      'Angabe der Marktakteursnummer',
      'Marktakteursnummer übergeben',
      'Auswahl der Einheit',
      'Einheit auswählen',
      'Einheit hinzufügen',
      'Einheit hinzufügen',
    ]);
    const meter = de.meterDialog;
    expect([meter.title, meter.serial, meter.giveSerial, meter.confirm, meter.submit]).toEqual([
      'Meter hinzufügen',
      'Angabe der Seriennummer des Meters',
      'Seriennummer übergeben',
      'Meter hinzufügen',
      'Meter hinzufügen',
    ]);
    expect([de.accountDialog.title, de.accountDialog.submit]).toEqual([
      'Registrierung eines neuen EOS Accounts durch einen Administrator',
      'Registrieren',
    ]);
    expect([de.marketUnitDialog.title, de.marketUnitDialog.submit]).toEqual([
      'Registrierung einer Einheit auf dem lokalen Energiemarkt',
      'Einheit registrieren',
    ]);
    expect([de.lists.boxes.title, de.lists.units.title, de.lists.meters.title]).toEqual([
      'Liste aller verbundenen CLS-Boxen',
      'Liste aller hinzugefügten Einheiten',
      'Liste aller verbundenen Meter',
    ]);
  });
});

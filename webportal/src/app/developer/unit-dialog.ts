import {
  ChangeDetectionStrategy,
  ChangeDetectorRef,
  Component,
  computed,
  inject,
  signal,
  viewChild,
} from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButtonModule } from '@angular/material/button';
import { MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { MatRadioModule } from '@angular/material/radio';
import { MatStepper, MatStepperModule } from '@angular/material/stepper';
import { TranslocoDirective } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { AddableUnits } from '../api/background-manager-logic/model/addable-units';
import { Unit } from '../api/background-manager-logic/model/unit';
import { Formats } from '../core/formats';
import { Problem, toProblem } from '../core/problem';
import { Submission } from '../core/submission';
import { DoneView } from '../shared/done-view';
import { EmptyView } from '../shared/empty-view';
import { Icon } from '../shared/icon';
import { ProblemView } from '../shared/problem-view';
import { BoxChoice } from './box-choice';
import { goOn } from './steps';

/** "Einheit hinzufügen": box, operator, one of the operator's units, confirmation. Going back loses nothing. */
@Component({
  selector: 'app-unit-dialog',
  imports: [
    BoxChoice,
    DoneView,
    EmptyView,
    FormsModule,
    Icon,
    MatButtonModule,
    MatDialogModule,
    MatFormFieldModule,
    MatInputModule,
    MatProgressBarModule,
    MatRadioModule,
    MatStepperModule,
    ProblemView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './unit-dialog.html',
  styleUrl: '../shared/dialog.scss',
})
export class UnitDialog {
  protected readonly f = inject(Formats);
  protected readonly order = new Submission(inject<MatDialogRef<UnitDialog>>(MatDialogRef));
  private readonly api = inject(BackgroundManagerLogicService);
  private readonly page = inject(ChangeDetectorRef);
  private readonly stepper = viewChild(MatStepper);

  protected readonly box = signal<string | null>(null);
  protected readonly operatorText = signal('');
  protected readonly operator = computed(() => this.operatorText().trim().toUpperCase());
  protected readonly operatorFits = computed(() => /^[A-Z]{3}9\d{11}$/.test(this.operator()));
  protected readonly looking = signal(false);
  protected readonly lookProblem = signal<Problem | null>(null);
  /** What was found, and for which box and operator. */
  protected readonly found = signal<{ of: string; units: AddableUnits['items'] } | null>(null);
  protected readonly units = computed(() => (this.found()?.of === this.asked() ? (this.found()?.units ?? null) : null));
  protected readonly unitNr = signal<string | null>(null);
  protected readonly unit = computed(() =>
    this.units()?.find((unit) => unit.mastr_nr === this.unitNr() && unit.reachable),
  );
  protected readonly made = signal<Unit | null>(null);
  private readonly asked = computed(() => `${this.box()} ${this.operator()}`);

  /** "Marktakteursnummer übergeben". */
  protected async look(): Promise<void> {
    const [box, operator, asked] = [this.box(), this.operator(), this.asked()];
    if (this.looking() || box === null || !this.operatorFits()) {
      return;
    }
    this.looking.set(true);
    this.lookProblem.set(null);
    try {
      const { items } = await firstValueFrom(this.api.getAddableUnits({ mastrNr: operator, clsBoxIp: box }));
      this.found.set({ of: asked, units: items });
      const reachable = items.filter((unit) => unit.reachable);
      if (this.unit() === undefined) {
        this.unitNr.set(reachable.length === 1 ? reachable[0].mastr_nr : null);
      }
      const stepper = this.stepper();
      if (stepper !== undefined && asked === this.asked()) {
        goOn(stepper, this.page);
      }
    } catch (error) {
      this.lookProblem.set(toProblem(error));
    } finally {
      this.looking.set(false);
    }
  }

  protected async add(): Promise<void> {
    const [box, unit] = [this.box(), this.unit()];
    if (box !== null && unit !== undefined) {
      const payload = { unit_mastr_nr: unit.mastr_nr, cls_box_ip: box, marktakteur_mastr_nr: this.operator() };
      this.made.set(
        await this.order.send(payload, (idempotencyKey) => this.api.postNewUnit({ payload, idempotencyKey })),
      );
    }
  }
}

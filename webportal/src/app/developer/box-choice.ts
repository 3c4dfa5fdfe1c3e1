import { ChangeDetectionStrategy, Component, computed, inject, input, model, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatRadioModule } from '@angular/material/radio';
import { TranslocoDirective } from '@jsverse/transloco';
import { BackgroundManagerLogicService } from '../api/background-manager-logic/api/background-manager-logic.service';
import { Reading } from '../core/reading';
import { EmptyView } from '../shared/empty-view';
import { ReadingView } from '../shared/reading-view';

/** A box, found by its address, name or location. */
@Component({
  selector: 'app-box-choice',
  imports: [
    EmptyView,
    FormsModule,
    MatFormFieldModule,
    MatInputModule,
    MatRadioModule,
    ReadingView,
    TranslocoDirective,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <app-reading [reading]="reading">
      <ng-container *transloco="let t">
        @if (reading.value() && inUse().length === 0) {
          <app-empty [title]="t('boxChoice.none')" [hint]="t('boxChoice.noneHint')" />
        } @else {
          <mat-form-field appearance="outline" subscriptSizing="dynamic">
            <mat-label>{{ t('boxChoice.search') }}</mat-label>
            <input
              matInput
              name="search"
              autocomplete="off"
              [ngModel]="search()"
              (ngModelChange)="search.set($event)"
            />
          </mat-form-field>
          <mat-radio-group
            class="choices"
            name="box"
            [ngModel]="ip()"
            (ngModelChange)="ip.set($event)"
            [attr.aria-label]="label()"
          >
            @for (box of found(); track box.ip) {
              <mat-radio-button [value]="box.ip">
                {{ box.name }} <span class="soft">{{ box.ip }} · {{ box.location }}</span>
              </mat-radio-button>
            } @empty {
              <p class="lead" role="status">{{ t('boxChoice.notFound', { text: search() }) }}</p>
            }
          </mat-radio-group>
        }
      </ng-container>
    </app-reading>
  `,
  styleUrl: '../shared/dialog.scss',
  styles: `
    mat-form-field {
      width: 100%;
    }
    .choices {
      max-height: 40vh;
      overflow-y: auto;
    }
  `,
})
export class BoxChoice {
  readonly label = input.required<string>();
  readonly ip = model.required<string | null>();

  private readonly api = inject(BackgroundManagerLogicService);
  protected readonly reading = new Reading(() => this.api.getBoxes({ limit: 1000 }));
  /** To one that has left nothing is added. */
  protected readonly inUse = computed(() =>
    (this.reading.value()?.items ?? []).filter((box) => box.state === 'in_use'),
  );
  protected readonly search = signal('');
  /** Every word stands somewhere in it; the one that is chosen stays in sight. */
  protected readonly found = computed(() => {
    const words = this.search().toLowerCase().split(/\s+/);
    return this.inUse().filter((box) => {
      const text = `${box.ip} ${box.name} ${box.location}`.toLowerCase();
      return box.ip === this.ip() || words.every((word) => text.includes(word));
    });
  });

  constructor() {
    void this.reading.reload();
  }
}

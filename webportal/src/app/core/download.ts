import { HttpClient } from '@angular/common/http';
import { DOCUMENT, Injectable, inject } from '@angular/core';
import { firstValueFrom } from 'rxjs';

/** Files from a service: fetched with the token, then handed to the browser. */
@Injectable({ providedIn: 'root' })
export class Downloads {
  private readonly http = inject(HttpClient);
  private readonly document = inject(DOCUMENT);

  /** Raises Problem. */
  async save(path: string, query: Readonly<Record<string, string>>, name: string): Promise<void> {
    const content = await firstValueFrom(this.http.get(path, { params: { ...query }, responseType: 'blob' }));
    const url = URL.createObjectURL(content);
    const link = this.document.createElement('a');
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}

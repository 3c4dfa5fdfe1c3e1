/** Whether the page has room for a table of a whole day; on a phone it is opened when it is wanted. */
export function isWide(): boolean {
  return matchMedia('(min-width: 761px)').matches;
}

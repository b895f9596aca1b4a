// hears tells whether a webhook that chose these events is sent one of that type.
export function hears(chosen: string[], event: string): boolean {
  return chosen.includes('*') || chosen.includes(event) || (event.startsWith('custom.') && chosen.includes('custom.*'))
}

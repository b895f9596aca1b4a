// shellQuote makes text one word of a POSIX shell.
export const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const LEFT_OUT = new Set(['content-length', 'accept-encoding', 'connection'])

// curlCommand repeats a request from a terminal.
export function curlCommand(url: string, headers: Record<string, string>, body: string): string {
  const lines = [`curl -X POST ${shellQuote(url)}`]
  for (const [name, value] of Object.entries(headers)) {
    if (!LEFT_OUT.has(name.toLowerCase())) lines.push(`-H ${shellQuote(`${name}: ${value}`)}`)
  }
  lines.push(`--data-raw ${shellQuote(body)}`)
  return lines.join(' \\\n  ')
}

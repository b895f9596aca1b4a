// Reads server-sent events (WHATWG HTML, section 9.2.6) from text that comes in pieces. The
// browser's EventSource can't be used: it delivers only event types named in advance, and custom
// events may have any name.
export interface SentEvent {
  id: string
  type: string
  data: string
}

export class EventParser {
  private rest = ''
  private id = ''
  private type = ''
  private data: string[] = []

  // push takes the next piece and returns the events that it completes.
  push(piece: string): SentEvent[] {
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/)
    this.rest = lines.pop() ?? ''
    const events: SentEvent[] = []
    for (const line of lines) {
      const event = this.line(line)
      if (event) events.push(event)
    }
    return events
  }

  private line(line: string): SentEvent | undefined {
    if (line === '') return this.dispatch()
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') this.data.push(value)
    else if (field === 'event') this.type = value
    else if (field === 'id') this.id = value
  }

  private dispatch(): SentEvent | undefined {
    const event = { id: this.id, type: this.type || 'message', data: this.data.join('\n') }
    const empty = this.data.length === 0
    this.type = ''
    this.data = []
    return empty ? undefined : event
  }
}

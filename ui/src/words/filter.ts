import { Environment } from '@marcbachmann/cel-js'
import type { Envelope } from '../api/shapes'

export type Matches = (event: Envelope) => boolean

// What a filter can speak of, as the server declares it.
const environment = new Environment()
  .registerVariable('event', 'string')
  .registerVariable('data', 'map')
  .registerVariable('id', 'string')
  .registerVariable('createdAt', 'google.protobuf.Timestamp')
  .registerVariable('conversationId', 'string')
  .registerVariable('sequence', 'int')
  .registerVariable('apiVersion', 'string')

// compile prepares a CEL filter for a preview, undefined if it is no valid one. The server has the
// last word. Like there, an event that lacks what the filter asks for is left out.
export function compile(filter: string): Matches | undefined {
  const checked = environment.check(filter)
  if (!checked.valid || (checked.type !== 'bool' && checked.type !== 'dyn')) return undefined
  const evaluate = environment.parse(filter)
  return (event) => {
    try {
      return evaluate(contextOf(event)) === true
    } catch {
      return false
    }
  }
}

function contextOf(event: Envelope) {
  return {
    event: event.event,
    data: event.data,
    id: event.id,
    createdAt: new Date(event.createdAt),
    conversationId: event.conversationId ?? '',
    sequence: BigInt(event.sequence ?? 0),
    apiVersion: event.apiVersion,
  }
}

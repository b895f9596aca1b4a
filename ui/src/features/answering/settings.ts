import { ApiError } from '../../lib/api/client'
import type { Answering, AnsweringChange } from './queries'

export type Values = Omit<Answering, 'embeddings' | 'hours'> & {
  apiKey: string
  always: boolean
  hours: NonNullable<Answering['hours']>
}

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri'] as const

// valuesOf is the form's state of saved settings. Hours that there are none of begin as office hours.
export function valuesOf({ embeddings: _, hours, ...rest }: Answering): Values {
  return {
    ...rest,
    apiKey: '',
    always: hours === null,
    hours: hours ?? { timezone: ZONE, week: WEEKDAYS.map((day) => ({ day, from: '09:00', to: '17:00' })), away: '' },
  }
}

// changeOf is the merge patch that saves them. A key that was left empty stays as it is.
export function changeOf({ apiKey, always, hours, model, ...rest }: Values): AnsweringChange {
  const { apiKeySet: _, ...settings } = model
  return {
    ...rest,
    model: apiKey === '' ? settings : { ...settings, apiKey },
    hours: always ? null : hours,
  }
}

// placed is what the form's setErrors takes: the server's words, by the path of the field that they are about.
export function placed(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {}
  const errors: Record<string, string> = {}
  for (const { location, message } of error.fields) {
    const path = location.replace(/^body\./, '').replace(/\[(\d+)\]/g, '.$1')
    errors[path === 'model.apiKey' ? 'apiKey' : path.replace(/^(handover\.words)\..*/, '$1')] ??= message
  }
  return errors
}

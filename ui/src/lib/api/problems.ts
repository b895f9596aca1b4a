import { ApiError } from './client'

// fromProblem is what a form's setErrors takes: the server's words about each field of the body, by the
// field's name. A place within a field, such as events[1], belongs to the field.
export function fromProblem(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {}
  const errors: Record<string, string> = {}
  for (const { location, message } of error.fields) {
    const name = location.match(/^body\.([A-Za-z0-9_]+)/)?.[1]
    if (name) errors[name] ??= message
  }
  return errors
}

// unplaced is the error if it is none that fields of the form show: it stands above the buttons then.
export function unplaced(error: unknown, values: object): unknown {
  const placed = Object.keys(fromProblem(error)).filter((name) => name in values)
  return placed.length > 0 && error instanceof ApiError && placed.length >= error.fields.length ? undefined : error
}

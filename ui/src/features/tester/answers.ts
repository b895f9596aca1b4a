import { t } from '../../lib/strings'

// answerWords says what a receiver answers: a status, or by the signature.
export const answerWords = (status: number): string =>
  status === 0 ? t.tester.bySignature : (t.tester.statuses[status] ?? String(status))

export const answerOptions = (present: number) => {
  const statuses = [0, ...Object.keys(t.tester.statuses).map(Number)]
  if (!statuses.includes(present)) statuses.push(present)
  return statuses.map((status) => ({ value: String(status), label: answerWords(status) }))
}

export const delayOptions = (present: number) => {
  const known = Object.entries(t.tester.delays).map(([value, label]) => ({ value, label }))
  return known.some((each) => Number(each.value) === present)
    ? known
    : [...known, { value: String(present), label: `${present} s` }]
}
